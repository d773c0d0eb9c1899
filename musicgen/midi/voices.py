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
        voices: columns "time", "duration", "pitch" and "velocity" of each, and how many of their
            rows are meant; pitches and velocities as the parser lets them through, 0–127 and 1–127.
        end: the last tick of the file; no note begins later, or before 0.
        until: a later tick at which all must have ended.

    Raises:
        ScoreError: a note that sounds at that tick.
    """

    def __init__(self, voices: Sequence[tuple[Columns, int]], end: int, until: int) -> None:
        time, duration, pitch, velocity = (
            np.concatenate([columns[name][:count] for columns, count in voices])
            for name in ("time", "duration", "pitch", "velocity")
        )
        self.edges: list[int] = [0, *accumulate(count for _, count in voices)]
        if len(time):
            if int(duration.max()) > end and int((time + duration).max()) >= until:
                raise ScoreError("A note has no end.")
            if int(duration.min()) < 1:
                duration = np.maximum(duration, 1)
        columns = [time, pitch.astype(np.int32), duration, velocity.astype(np.int32)]
        key = self._keys(time, columns[1], end)
        if not (key[1:] > key[:-1]).all():
            order = np.argsort(key, kind="stable")
            in_order = key[order]
            tied = in_order[1:] == in_order[:-1]
            if tied.any():
                lasting = duration[order]
                if (tied & (lasting[1:] < lasting[:-1])).any():
                    order = np.lexsort((duration, key))
            columns = [column[order] for column in columns]
        self._columns: list[Int32Array] = columns
        self._plain = np.zeros(len(time), np.float32)
        for column in (*self._columns, self._plain):
            column.setflags(write=False)

    def _keys(self, time: Int32Array, pitch: Int32Array, end: int) -> npt.NDArray[np.integer]:
        """Numbers that ascend with voice, time and pitch."""
        bits = end.bit_length() + 7
        is_short = bits + len(self.edges).bit_length() < 32
        key: npt.NDArray[np.integer] = time.astype(np.int32 if is_short else np.int64)
        key <<= 7
        key |= pitch
        for index, edge in enumerate(self.edges[1:-1], start=1):
            key[edge : self.edges[index + 1]] |= index << bits
        return key

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
