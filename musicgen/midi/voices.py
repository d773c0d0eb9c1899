"""The notes of all instruments of a file put in order at once.

Most instruments have few notes, and each step of NumPy costs the same for few as for many.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

from musicgen.score import Float32Array, Int32Array, Notes, ScoreError

Columns = Mapping[str, npt.NDArray[Any]]


class VoiceTable:
    """The notes of several voices in one table, each voice's in order.

    Args:
        voices: columns "time", "duration", "pitch" and "velocity" of each; pitches and
            velocities as the parser lets them through, 0–127 and 1–127.
        until: a tick at which all must have ended.

    Raises:
        ScoreError: a note that cannot be, or that sounds at that tick.
    """

    def __init__(self, voices: Sequence[Columns], until: int) -> None:
        time, duration, pitch, velocity = (
            np.concatenate([columns[name] for columns in voices])
            for name in ("time", "duration", "pitch", "velocity")
        )
        self.edges: list[int] = [0, *accumulate(len(columns["time"]) for columns in voices)]
        if len(time) and (int((time + duration).max()) >= until or int(time.min()) < 0):
            raise ScoreError("A note has no end or no beginning.")
        key = time.astype(np.int64) << 7
        key |= pitch
        for index, edge in enumerate(self.edges[1:-1], start=1):
            key[edge : self.edges[index + 1]] |= index << 38
        columns = [time, pitch, np.maximum(duration, 1), velocity]
        if not (key[1:] > key[:-1]).all():
            order = np.argsort(key, kind="stable")
            in_order = key[order]
            if (in_order[1:] == in_order[:-1]).any():
                order = np.lexsort((duration, key))
            columns = [column[order] for column in columns]
        self._columns: list[Int32Array] = [column.astype(np.int32, copy=False) for column in columns]
        self._plain = np.zeros(len(time), np.float32)
        for column in (*self._columns, self._plain):
            column.setflags(write=False)

    def __len__(self) -> int:
        return len(self._plain)

    def starts(self, index: int) -> Int32Array:
        """The ticks at which a voice's notes begin."""
        return self._columns[0][self.edges[index] : self.edges[index + 1]]

    def notes(self, index: int, cents: Float32Array | None = None) -> Notes:
        """The notes of a voice, with cents or without."""
        span = slice(self.edges[index], self.edges[index + 1])
        if cents is None:
            cents = self._plain[span]
        start, pitch, duration, velocity = (column[span] for column in self._columns)
        return Notes.of_checked(start, pitch, duration, velocity, cents)
