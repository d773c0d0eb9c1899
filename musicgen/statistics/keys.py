"""An estimate of a piece's key, quick enough for whole datasets.

Source: the profiles of Krumhansl & Kessler 1982, correlated as in Krumhansl 1990. Right for
about four tonal pieces of five; music without a key has none, whatever is said here.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from musicgen.score import Score
from musicgen.statistics.notes import PITCH_CLASSES

TONICS: Final = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_MAJOR: Final = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR: Final = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)


def key_estimate(score: Score) -> str | None:
    """The key whose profile is nearest to how long each pitch class sounds, like "Eb minor".

    Returns:
        None without pitched notes, or where all pitch classes sound equally long.
    """
    notes = score.all_notes(drums=False)
    weights = np.bincount(notes.pitch % PITCH_CLASSES, notes.duration_ticks, minlength=PITCH_CLASSES)
    if not len(notes) or np.ptp(weights) == 0:
        return None
    best = (-2.0, "")
    for mode, profile in (("major", _MAJOR), ("minor", _MINOR)):
        for tonic, name in enumerate(TONICS):
            likeness = float(np.corrcoef(weights, np.roll(profile, tonic))[0, 1])
            best = max(best, (likeness, f"{name} {mode}"))
    return best[1]
