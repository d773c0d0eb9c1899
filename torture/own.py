"""A row in a process of its own, with Django set up on a fresh site: rows and queues are at hand."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from torture.site import ROOT, Site
from torture.table import Outcome


def on_own_site(module: str, *, small_disk: str = "") -> Outcome:
    """Call `tried(site)` of a row's module in a process of its own.

    Args:
        module: of the row.
        small_disk: the data folder is a file system in memory of this size, such as "64m".
    """
    command = [sys.executable, "-m", "torture.own", module]
    with tempfile.TemporaryDirectory(prefix="torture-") as name:
        if small_disk:
            # In name spaces of its own, so that it is gone with the process and needs no root.
            mount = f'mount -t tmpfs -o size={small_disk} tmpfs "$0" && exec "$@"'
            command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, name, *command]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={
                **{n: v for n, v in os.environ.items() if n not in ("DATABASE_URL", "REDIS_URL")},
                "MUSICGEN_DATA_DIR": name,
                "MUSICGEN_ENV": "development",
                "DJANGO_SETTINGS_MODULE": "musicgen_site.settings",
            },
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
    try:
        return Outcome(**json.loads(done.stdout.splitlines()[-1]))
    except (ValueError, IndexError):
        return Outcome(kept=False, figure=f"it ended with {done.returncode} before it had a figure")


class Kept:
    """A program that is started again whenever it ends, as a supervisor would.

    Args:
        start: starts it.
    """

    def __init__(self, start: Callable[[], subprocess.Popen[bytes]]) -> None:
        self._start = start
        self._over = threading.Event()
        self.process = start()
        threading.Thread(target=self._keep, daemon=True).start()

    @property
    def pid(self) -> int:
        """Of the program that runs now."""
        return self.process.pid

    def end(self) -> None:
        """Start it no more."""
        self._over.set()

    def _keep(self) -> None:
        while not self._over.is_set():
            self.process.wait()
            if not self._over.wait(0.5):
                self.process = self._start()


def keep(site: Site, *arguments: str) -> Kept:
    """Keep a management command running."""
    return Kept(lambda: site.manage(*arguments))


def dies(pids: Sequence[int]) -> float:
    """Wait until processes are gone. Returns the seconds it took."""
    begun = time.monotonic()
    while any(_is_alive(pid) for pid in pids):
        if time.monotonic() - begun > 300:
            raise TimeoutError(f"{pids} live on")
        time.sleep(0.02)
    return time.monotonic() - begun


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def main() -> None:
    """Set the site up, try the row, and print its outcome as JSON."""
    import django

    django.setup()
    from django.core.management import call_command

    row = importlib.import_module(sys.argv[1])
    folder = Path(os.environ["MUSICGEN_DATA_DIR"])
    site = Site(folder)
    with contextlib.redirect_stdout(sys.stderr):
        try:
            site.redis()
            call_command("migrate", interactive=False, verbosity=0)
            outcome: Outcome = row.tried(site)
        except Exception as error:  # noqa: BLE001 whatever it was, it is what the table says
            outcome = Outcome(False, f"{type(error).__name__}: {error}"[:300])
            for log in sorted(folder.glob("*.log"))[-4:]:
                print(log.name, log.read_text(errors="replace")[-1500:], sep="\n")
        finally:
            site.stop()
    print(json.dumps({"kept": bool(outcome.kept), "figure": outcome.figure}))


if __name__ == "__main__":
    main()
