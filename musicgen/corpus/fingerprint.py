"""A key that is equal for two files of the same music, however they were written down."""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np

from musicgen.score import Int64Array, Notes, Score

_GRID_PER_QUARTER: Final = 24  # fine enough for triplets, coarse enough for different resolutions


def fingerprint(score: Score) -> str:
    """SHA-256, in hex, of which notes begin when.

    The same for any resolution, tempo, meter, velocities, lengths, names, distribution over
    parts, silence before the first note, doublings in unison and transposition. Drums count
    only where there is nothing else. Equal music played freely differs, and so does music in
    which a note is nearer to another quarter tone.
    """
    notes = score.all_notes(drums=False)
    if not len(notes):
        notes = score.all_notes()
    rows = np.zeros((0, 2), np.int32)
    if len(notes):
        ticks = notes.start_ticks.astype(np.int64) - int(notes.start_ticks[0])
        per_quarter = score.ticks_per_quarter
        onsets = (2 * _GRID_PER_QUARTER * ticks + per_quarter) // (2 * per_quarter)
        rows = np.unique(np.stack([onsets, _intervals(notes)], axis=1), axis=0)
    return hashlib.sha256(rows.astype("<i8").tobytes()).hexdigest()


def _intervals(notes: Notes) -> Int64Array:
    """Pitches over the lowest in semitones, int64 (n,); in quarter tones where semitones do not do."""
    quarter_tones: Int64Array = np.rint(2 * notes.pitch + notes.cents / 50).astype(np.int64)
    above: Int64Array = quarter_tones - quarter_tones.min()
    return above if bool((above % 2).any()) else above // 2
