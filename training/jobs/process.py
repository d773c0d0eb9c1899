"""A training as a process of its own: at lower priority, with its own group, never outliving its job."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from django.conf import settings

NICENESS: Final = 10  # pages stay quick while it trains
STOP_SECONDS: Final = 60.0  # to save where it is, before it is killed


class TrainingProcess:
    """`python -m musicgen …`, its words appended to a log.

    Leaving the context ends it if it still runs.

    Args:
        arguments: after `python -m musicgen`.
        log_path: what it writes for people to read.
    """

    def __init__(self, arguments: Sequence[str], log_path: Path) -> None:
        command = [sys.executable, "-m", "musicgen", *arguments]
        # -I -S: the leash needs nothing but the standard library, and starts in milliseconds.
        leash = [sys.executable, "-I", "-S", str(settings.LEASH), str(os.getpid()), str(NICENESS)]
        with log_path.open("ab") as log:
            self._log_start = log.tell()
            self._process = subprocess.Popen(
                [*leash, *command],
                cwd=settings.ROOT,
                env={
                    **os.environ,
                    "TF_CPP_MIN_LOG_LEVEL": "2",
                    "TF_FORCE_GPU_ALLOW_GROWTH": "true",  # leaves memory to others on the same GPU
                    "PYTHONUNBUFFERED": "1",
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._log_path = log_path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def wait(self, seconds: float) -> int | None:
        """Its exit code (negative: the signal that killed it), or None if it still runs after so long."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def stop(self) -> None:
        """Ask it to save where it is and end; end it if it takes too long."""
        self._signal(signal.SIGTERM)
        if self.wait(STOP_SECONDS) is None:
            self.kill()

    def kill(self) -> None:
        """End it at once. A run goes on from the state it saved last."""
        self._signal(signal.SIGKILL)
        self._process.wait()

    def last_words(self) -> str:
        """The last line that it wrote, which says why it failed."""
        with self._log_path.open("rb") as log:
            log.seek(self._log_start)
            lines = log.read()[-64_000:].decode(errors="replace").splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def _signal(self, number: signal.Signals) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, number)  # a session of its own is a group of its own
