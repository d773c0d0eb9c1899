"""Starting a rehearsal, reading its lines, and asking the kernel what is left of it."""

import contextlib
import json
import os
import queue
import secrets
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.musicgen_site.supervision.rehearsal import MARK_NAME

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_SECONDS = 60.0  # only a failing test waits so long


def alive_with_mark(mark: str) -> set[int]:
    """The live processes that carry the mark, by /proc alone."""
    wanted = f"{MARK_NAME}={mark}".encode()
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                if wanted in (folder / "environ").read_bytes().split(b"\0"):
                    found.add(int(folder.name))
    return found


class Rehearsal:
    """A running keeper with its supervisor and parts."""

    def __init__(self, parts, *, back_off=None, orphan_seconds=10.0):
        self.mark = secrets.token_hex(8)
        self.lines = []
        self._coming = queue.Queue()
        plan = {
            "mark": self.mark,
            "parts": [{"stage": 1, "stop_seconds": 10.0, **part} for part in parts],
            "back_off": back_off or {"first_seconds": 0.05, "longest_seconds": 0.2, "healthy_seconds": 60.0},
            "orphan_seconds": orphan_seconds,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.musicgen_site.supervision.rehearsal", json.dumps(plan)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._collect, daemon=True)
        self._reader.start()

    def _collect(self):
        for line in self.process.stdout:
            self._coming.put(line.rstrip("\n"))
        self._coming.put(None)

    def wait_for(self, text, *, times=1):
        """Wait until `times` lines since the start hold `text`; return the last of these."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            found = [line for line in self.lines if text in line]
            if len(found) >= times:
                return found[times - 1]
            with contextlib.suppress(queue.Empty):
                line = self._coming.get(timeout=0.5)
                assert line is not None, f"it ended without {text!r}: {self.lines}"
                self.lines.append(line)
        raise AssertionError(f"no {text!r} in {self.lines}")

    def number_after(self, text, *, times=1):
        """The whole number that follows `text` in the `times`-th line that holds it."""
        return int(self.wait_for(text, times=times).split(text)[1].split()[0])

    def end(self):
        """Wait until the keeper has ended; return its exit code."""
        code = self.process.wait(timeout=PATIENCE_SECONDS)
        while (line := self._coming.get(timeout=PATIENCE_SECONDS)) is not None:
            self.lines.append(line)
        return code

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.end()

    def alive(self):
        return alive_with_mark(self.mark)

    def wait_until_gone(self, pids=None):
        """Wait until none of `pids`, or none of its processes at all, is alive."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (
            left := self.alive() if pids is None else self.alive() & set(pids)
        ) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not left, f"still there: {left}"

    def clear(self):
        for pid in {self.process.pid, *self.alive()}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self._reader.join()
        self.process.stdout.close()


@pytest.fixture
def rehearse():
    """Start rehearsals; whatever a failing test leaves is killed."""
    started = []

    def start(*parts, **options):
        started.append(Rehearsal(parts, **options))
        return started[-1]

    yield start
    for rehearsal in started:
        rehearsal.clear()
