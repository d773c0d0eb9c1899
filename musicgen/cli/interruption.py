"""Ctrl-C and SIGTERM: stop at once, or, where work would be lost, after saving it."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType
from typing import Final

from musicgen.cli.output import say

INTERRUPTED: Final = 130  # what a shell reports of a program ended by Ctrl-C
TERMINATED: Final = 143  # and by SIGTERM
BROKEN_PIPE: Final = 141  # and because nobody reads its output any more


def exit_on_sigterm() -> None:
    """Let SIGTERM end the program the way Ctrl-C does: what is open is closed and cleaned up."""

    def leave(_signal: int, _frame: FrameType | None) -> None:
        raise SystemExit(TERMINATED)

    signal.signal(signal.SIGTERM, leave)


class StopRequest:
    """Whether the person or the machine has asked to stop, and how."""

    def __init__(self) -> None:
        self.signal: int | None = None

    def __call__(self) -> bool:
        """Whether stopping is asked for; fits `should_stop`."""
        return self.signal is not None


@contextlib.contextmanager
def stop_requests(remark: str) -> Iterator[StopRequest]:
    """Turn the first Ctrl-C or SIGTERM into a request to stop; a second Ctrl-C stops at once.

    Args:
        remark: said when the request comes.
    """
    request = StopRequest()

    def note(number: int, _frame: FrameType | None) -> None:
        if request.signal is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        if request.signal is None:
            request.signal = number
            say(remark)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
