"""A piece as steps from note to note: how far the pitch moves, and after how many sixteenths.

Steps are the same in every key, at every tempo and wherever in a piece they stand, so equal
rows of steps are equal music. Each depends on its two notes and those struck with them alone.
Pitches are told apart by quarter tones, so that two modes of one scale's outline differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from musicgen.score import Float64Array, Score
from musicgen.statistics.bars import BarGrid
from musicgen.statistics.intervals import Int64Array

STEPS_PER_QUARTER: Final = 4  # onsets are told apart by sixteenths
LONGEST_STEP: Final = 63  # sixteenths; longer waits count as this long
INTERVAL_OFFSET: Final = 128  # makes intervals, −127 to 127 semitones, positive
# Interval and wait in one number from 1 on; 0 is free to mark the end of a piece.
STEP_CODES: Final = (2 * INTERVAL_OFFSET) * (LONGEST_STEP + 1)  # of whole semitones
_QUARTER_TONES: Final = 256  # of all pitches


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """The steps of a piece.

    Attributes:
        codes: uint16 (notes − 1,): (interval + 128) · 64 + sixteenths since the note before; and
            16,384 more where the interval is a quarter tone above these semitones.
        bars: float32 (notes,): where each note stands, in bars from the beginning.
    """

    codes: npt.NDArray[np.uint16]
    bars: npt.NDArray[np.float32]

    @property
    def intervals(self) -> Int64Array:
        """Semitones from each note to the next, quarter tones rounded down, int64 (notes − 1,)."""
        return self.codes.astype(np.int64) % STEP_CODES // (LONGEST_STEP + 1) - INTERVAL_OFFSET

    @property
    def waits(self) -> Int64Array:
        """Sixteenths from each note to the next, 0–63, int64 (notes − 1,)."""
        return self.codes.astype(np.int64) % (LONGEST_STEP + 1)


def step_notes(score: Score) -> tuple[Int64Array, Int64Array]:
    """The notes that steps are taken between, in their order.

    All pitched parts together, notes in unison once. Notes nearer to their neighbour than half a
    sixteenth are struck together; they are taken from the lowest up, however a performer spreads them.

    Returns:
        int64 (notes,) twice: the ticks at which they are struck, and their pitches in quarter tones.
    """
    notes = score.all_notes(drums=False)
    starts = notes.start_ticks.astype(np.int64)
    if not len(starts):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    opens = np.concatenate([[True], _sixteenths(np.diff(starts), score.ticks_per_quarter) > 0])
    pitches = np.clip(np.rint(2 * notes.pitch + notes.cents / 50), 0, _QUARTER_TONES - 1).astype(np.int64)
    # Sorted by group, then pitch, each once.
    keys = np.unique((np.cumsum(opens) - 1) * _QUARTER_TONES + pitches)
    return starts[opens][keys // _QUARTER_TONES], keys % _QUARTER_TONES


def steps_of(score: Score) -> Steps:
    """The steps of a piece, between the notes that `step_notes` gives."""
    starts, pitches = step_notes(score)
    if not len(starts):
        return Steps(np.zeros(0, np.uint16), np.zeros(0, np.float32))
    waits = np.minimum(_sixteenths(np.diff(starts), score.ticks_per_quarter), LONGEST_STEP)
    semitones, is_between = np.divmod(np.diff(pitches), 2)
    codes = (semitones + INTERVAL_OFFSET) * (LONGEST_STEP + 1) + waits + STEP_CODES * is_between
    bars: Float64Array = BarGrid(score).positions(starts)
    return Steps(codes.astype(np.uint16), bars.astype(np.float32))


def _sixteenths(ticks: Int64Array, ticks_per_quarter: int) -> Int64Array:
    """Lengths rounded to sixteenths, half of one upwards."""
    return (2 * STEPS_PER_QUARTER * ticks + ticks_per_quarter) // (2 * ticks_per_quarter)
