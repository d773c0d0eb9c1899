"""One running process of a part: started on a leash, its output read without waiting."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from musicgen_site.supervision.output import LineBuffer
from musicgen_site.supervision.parts import Part

_LEASH: Final = Path(__file__).with_name("leash.py")
_READ_BYTES: Final = 64 * 1024  # what a Linux pipe holds


class Child:
    """A started process, leader of a session and a process group of its own.

    Args:
        part: What to run.
        environment: All of its environment.

    Attributes:
        pid: Its id, and its group's.
        started_at: On the monotonic clock.
        kill_at: When it is killed if it still runs; None until it is told to stop.
    """

    def __init__(self, part: Part, environment: Mapping[str, str]) -> None:
        self.part = part
        self.started_at = time.monotonic()
        self.kill_at: float | None = None
        self._lines = LineBuffer()
        self._pipe, theirs = os.pipe()
        os.set_blocking(self._pipe, False)
        leash = [sys.executable, "-I", "-S", str(_LEASH), str(os.getpid()), str(part.niceness)]
        try:
            self._process = subprocess.Popen(
                [*leash, *part.command],
                stdin=subprocess.DEVNULL,
                stdout=theirs,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        finally:
            os.close(theirs)
        self.pid = self._process.pid

    def fileno(self) -> int:
        """Return what to wait on for output."""
        return self._pipe

    def read(self) -> tuple[list[str], bool]:
        """Return the whole lines that came since the last call, and whether more may come."""
        lines: list[str] = []
        while True:
            try:
                data = os.read(self._pipe, _READ_BYTES)
            except BlockingIOError:
                return lines, True
            if not data:
                return lines + self._lines.end(), False
            lines += self._lines.feed(data)

    def ask_to_stop(self) -> None:
        """Send SIGTERM to its group, and set the time when its patience ends."""
        self.kill_at = time.monotonic() + self.part.stop_seconds
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGTERM)

    def close(self, code: int) -> list[str]:
        """Take note that it ended with `code`; return the last of its output."""
        self._process.returncode = code  # so that Popen never waits for an id that is another's by now
        lines = self.read()[0] + self._lines.end()
        os.close(self._pipe)
        return lines
