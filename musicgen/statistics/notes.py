"""The notes of a score laid out once for all measures: columns, bars, onset groups."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from musicgen.score import Float64Array, Score
from musicgen.statistics.bars import BarGrid
from musicgen.statistics.intervals import Int64Array, merged, sounding

# Onsets nearer than this count as struck together: performers spread a chord over up to
# about 30 ms, and listeners hear that as one (Rasch 1979). Written music is not touched by
# it: a 32nd note at 120 bpm lasts 62 ms.
ONSET_TOLERANCE_SECONDS: Final = 0.03

PITCH_CLASSES: Final = 12


@dataclass(frozen=True, slots=True)
class OnsetGroups:
    """Notes struck together.

    Attributes:
        sizes: int64 (groups,), notes in each.
        last_onset_ticks: int64 (groups,), when the last note of each was struck.
        pitch_sets: uint64 (groups, 2), bit p of the 128 is set where pitch p is in the group.
    """

    sizes: Int64Array
    last_onset_ticks: Int64Array
    pitch_sets: npt.NDArray[np.uint64]


class NoteTable:
    """Columns of some of a score's notes, sorted by start, and what follows from them.

    Args:
        score: the piece.
        drums: whether notes of drum parts are in the table.
    """

    def __init__(self, score: Score, *, drums: bool) -> None:
        notes = score.all_notes(drums=drums)
        self._score = score
        self.ticks_per_quarter = score.ticks_per_quarter
        # 64 bits: the sum of a start and a length near the ends of 32 must not wrap.
        self.starts = notes.start_ticks.astype(np.int64)
        self.ends = self.starts + notes.duration_ticks
        self.pitches = notes.pitch.astype(np.int64)
        self.velocities = notes.velocity.astype(np.int64)

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def pitch_classes(self) -> Int64Array:
        """int64 (n,): C is 0, B is 11; cents are left out."""
        return self.pitches % PITCH_CLASSES

    @cached_property
    def _bar_grid(self) -> BarGrid:
        return BarGrid(self._score)

    @cached_property
    def start_positions(self) -> Float64Array:
        """float64 (n,): onsets in bars."""
        return self._bar_grid.positions(self.starts)

    @cached_property
    def bar_spans(self) -> tuple[Int64Array, Int64Array]:
        """First bar and the one after the last bar in which each note sounds, int64 (n,) each."""
        first = np.floor(self.start_positions).astype(np.int64)
        after = np.ceil(self._bar_grid.positions(self.ends)).astype(np.int64)
        return first, np.maximum(after, first + 1)

    @cached_property
    def bar_range(self) -> tuple[int, int]:
        """The first bar with a note and the bar after the last one that sounds."""
        first, after = self.bar_spans
        return int(first.min()), int(after.max())

    @cached_property
    def sounding_pitches(self) -> tuple[Int64Array, Int64Array]:
        """See `sounding`, of pitches: two parts on one pitch are one sound."""
        return sounding(*merged(self.starts, self.ends, self.pitches))

    @cached_property
    def seconds(self) -> float:
        """Seconds from the first onset to the end of the last note."""
        begin, end = self._score.seconds_at([int(self.starts.min()), int(self.ends.max())])
        return float(end - begin)

    @cached_property
    def onset_groups(self) -> OnsetGroups:
        """Notes within `ONSET_TOLERANCE_SECONDS` of their neighbour, as groups in time."""
        gaps = np.diff(self._score.seconds_at(self.starts))
        first = np.flatnonzero(np.concatenate([[True], gaps > ONSET_TOLERANCE_SECONDS]))
        sizes = np.diff(np.concatenate([first, [len(self)]]))
        bits = np.zeros((len(self), 2), dtype=np.uint64)
        bits[np.arange(len(self)), self.pitches // 64] = np.uint64(1) << (self.pitches % 64).astype(np.uint64)
        return OnsetGroups(
            sizes=sizes.astype(np.int64),
            last_onset_ticks=self.starts[first + sizes - 1],
            pitch_sets=np.bitwise_or.reduceat(bits, first, axis=0),
        )
