"""A key that is equal for two files of the same music, however they were written down."""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np

from musicgen.score import Score

_GRID_PER_QUARTER: Final = 24  # fine enough for triplets, coarse enough for different resolutions


def fingerprint(score: Score) -> str:
    """SHA-256, in hex, of which notes begin when.

    The same for any resolution, tempo, meter, velocities, lengths, names, distribution over
    parts, silence before the first note, doublings in unison and transposition. Drums count
    only where there is nothing else. Equal music played freely differs.
    """
    notes = score.all_notes(drums=False)
    if not len(notes):
        notes = score.all_notes()
    rows = np.zeros((0, 2), np.int32)
    if len(notes):
        ticks = notes.start_ticks.astype(np.int64) - int(notes.start_ticks[0])
        per_quarter = score.ticks_per_quarter
        onsets = (2 * _GRID_PER_QUARTER * ticks + per_quarter) // (2 * per_quarter)
        intervals = notes.pitch - int(notes.pitch.min())
        rows = np.unique(np.stack([onsets, intervals], axis=1), axis=0)
    return hashlib.sha256(rows.astype("<i8").tobytes()).hexdigest()
