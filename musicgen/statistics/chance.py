"""The yardstick of chance: the same rhythm with pitches drawn at random."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from musicgen.score import Notes, Score

LOWEST_PITCH: Final = 21  # A0, the lowest key of a piano
HIGHEST_PITCH: Final = 108  # C8, the highest


def chance_score(score: Score, seed: int) -> Score:
    """The score with each pitch replaced by one of the 88 piano keys, equally likely.

    Onsets, lengths, velocities, tempi, meter and drum parts stay. The keys of a piano and
    not the piece's own range, or a piece stuck on one note would be its own chance.

    Args:
        score: any piece.
        seed: the same seed gives the same score.
    """
    generator = np.random.default_rng(seed)
    parts = []
    for part in score.parts:
        if not part.is_drum:
            notes = part.notes
            pitches = generator.integers(LOWEST_PITCH, HIGHEST_PITCH + 1, size=len(notes))
            part = replace(
                part, notes=Notes(notes.start_ticks, pitches, notes.duration_ticks, notes.velocity)
            )
        parts.append(part)
    return replace(score, parts=tuple(parts))
