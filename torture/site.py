"""A site for rows: an empty data folder, its own Redis, and workers that can be killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 300.0


class Site:
    """Programs on one data folder.

    Args:
        folder: empty.
        environment: more variables for all of its programs.
    """

    def __init__(self, folder: Path, environment: dict[str, str] | None = None) -> None:
        self.folder = folder
        inherited = {n: v for n, v in os.environ.items() if n not in ("DATABASE_URL", "REDIS_URL")}
        self.environment = {
            **inherited,
            "MUSICGEN_DATA_DIR": str(folder),
            "MUSICGEN_ENV": "development",
            "DJANGO_SETTINGS_MODULE": "musicgen_site.settings",
            **(environment or {}),
        }
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, *command: str, more: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start a program in a group of its own; its words go to a file in the data folder."""
        with (self.folder / f"{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**self.environment, **(more or {})},
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def manage(self, *arguments: str, more: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start a management command."""
        return self.start(sys.executable, "manage.py", *arguments, more=more)

    def ask(self, program: str) -> str:
        """Run Python on the site and return what it prints."""
        code = f"import django; django.setup()\n{program}"
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr.strip().splitlines()[-1] if done.stderr else "no word why")
        return done.stdout.strip()

    def redis(self) -> subprocess.Popen[bytes]:
        """Start the Redis that the settings name by themselves."""
        sys.path.insert(0, str(ROOT))
        from musicgen_site.supervision.redis_server import find_redis_server

        socket = self.folder / "redis" / "redis.sock"
        socket.parent.mkdir(parents=True, exist_ok=True)
        program = str(find_redis_server(ROOT / ".tools"))
        options = ("--port", "0", "--unixsocket", str(socket), "--dir", str(socket.parent))
        process = self.start(program, *options, "--save", "", "--appendonly", "yes")
        wait_for(socket.exists, "Redis")
        return process

    def stop(self) -> None:
        """Kill everything."""
        for process in reversed(self.processes):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextlib.contextmanager
def fresh_site(environment: dict[str, str] | None = None) -> Iterator[Site]:
    """A site with a migrated database and a Redis."""
    with tempfile.TemporaryDirectory(prefix="torture-") as name:
        site = Site(Path(name), environment)
        try:
            if not (environment or {}).get("REDIS_URL"):
                site.redis()
            done = site.manage("migrate", "--verbosity", "0")
            if done.wait():
                raise RuntimeError((site.folder / f"{len(site.processes) - 1}.log").read_text()[-300:])
            yield site
        finally:
            site.stop()


def wait_for(check: Callable[[], object], what: str, seconds: float = PATIENCE_SECONDS) -> float:
    """Until the check holds. Returns how long that took."""
    begun = time.monotonic()
    while not check():
        if time.monotonic() - begun > seconds:
            raise TimeoutError(f"waited {seconds:g} s in vain for {what}")
        time.sleep(0.1)
    return time.monotonic() - begun


def children(pid: int) -> list[int]:
    """Ids of a process' children."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []
