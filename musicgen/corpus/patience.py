"""Whether a process that keeps its master waiting is at fault, or only gets no turn on a busy machine.

Time on the clock says nothing about a file where many want the processor: a good one would be
refused for the company it is in. Knows processes only, by what Linux tells of them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_WANTS_TO_RUN: Final = (b"R", b"D")  # or waits for the disk
_ENOUGH: Final = 0.5  # of the time given that a process must have had of a processor to be at fault


class Turn:
    """A stretch of work of a process, begun when this is made.

    Args:
        pid: of the process.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._began = _state_and_seconds(pid)[1]

    def is_starved(self, seconds: float) -> bool:
        """Whether the process would work if it could, and had less than half of so much time for it.

        False where it sleeps, is stopped, is gone, or where nothing can be told.
        """
        state, used = _state_and_seconds(self._pid)
        return state in _WANTS_TO_RUN and used - self._began < _ENOUGH * seconds


def _state_and_seconds(pid: int) -> tuple[bytes, float]:
    """The state of a process, and how long it has run on any processor."""
    try:
        content = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return b"", 0.0
    fields = content.rpartition(b")")[2].split()  # the name before may hold anything
    user, system = int(fields[11]), int(fields[12])
    return fields[0], (user + system) / os.sysconf("SC_CLK_TCK")
