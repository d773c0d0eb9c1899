"""The notes of all instruments of a file put in order at once.

Most instruments have few notes, and each step of NumPy costs the same for few as for many.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from musicgen.score import Float32Array, Int32Array, Notes, ScoreError

Columns = Mapping[str, npt.NDArray[Any]]


class VoiceTable:
    """The notes of several voices in one table, each voice's in order.

    Args:
        voices: columns "time", "duration", "pitch" and "velocity" of each.
        until: a tick; notes from it on are left out.

    Raises:
        ScoreError: a note that cannot be, or that sounds until that tick.
    """

    def __init__(self, voices: Sequence[Columns], until: int) -> None:
        time, duration, pitch, velocity = (
            np.concatenate([columns[name] for columns in voices])
            for name in ("time", "duration", "pitch", "velocity")
        )
        lengths = [len(columns["time"]) for columns in voices]
        voice = np.repeat(np.arange(len(voices)), lengths)
        kept = time < until
        time, duration, pitch, velocity, voice = (
            column[kept] for column in (time, duration, pitch, velocity, voice)
        )
        if len(time):
            if int((time + duration).max()) >= until or int(time.min()) < 0:
                raise ScoreError("A note has no end or no beginning.")
            if (pitch | velocity).max() > 127 or velocity.min() < 1 or pitch.min() < 0:
                raise ScoreError("A note has a pitch or velocity beyond what MIDI has.")
        key = voice << 38 | time.astype(np.int64) << 7 | pitch
        order = np.argsort(key, kind="stable")
        key = key[order]
        if (key[1:] == key[:-1]).any():
            order = np.lexsort((duration, pitch, time, voice))
        self._columns: list[Int32Array] = [
            column[order].astype(np.int32) for column in (time, pitch, np.maximum(duration, 1), velocity)
        ]
        self._plain = np.zeros(len(time), np.float32)
        for column in (*self._columns, self._plain):
            column.setflags(write=False)
        self.edges: list[int] = [0, *np.cumsum(np.bincount(voice, minlength=len(voices))).tolist()]

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
