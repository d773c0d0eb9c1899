"""An estimate of a piece's key, quick enough for whole datasets.

Source: the profiles of Krumhansl & Kessler 1982, correlated as in Krumhansl 1990. Right for
about four tonal pieces of five; music without a key has none, whatever is said here.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from musicgen.score import Float64Array, Score
from musicgen.statistics.notes import PITCH_CLASSES

TONICS: Final = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_MAJOR: Final = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR: Final = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
MODES: Final = ("major", "minor")


def _profiles() -> Float64Array:
    """float64 (24, 12): each key's profile, its mean 0 and its length 1."""
    rows = np.array(
        [np.roll(profile, tonic) for profile in (_MAJOR, _MINOR) for tonic in range(PITCH_CLASSES)]
    )
    rows -= rows.mean(axis=1, keepdims=True)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


_PROFILES: Final = _profiles()


def key_estimate(score: Score) -> str | None:
    """The key whose profile is nearest to how long each pitch class sounds, like "Eb minor".

    Returns:
        None without pitched notes, or where all pitch classes sound equally long.
    """
    notes = score.all_notes(drums=False)
    weights = np.bincount(notes.pitch % PITCH_CLASSES, notes.duration_ticks, minlength=PITCH_CLASSES)
    if not len(notes) or np.ptp(weights) == 0:
        return None
    # All profiles are equally long vectors around 0, so that the product alone orders them.
    best = int((_PROFILES @ (weights - weights.mean())).argmax())
    return f"{TONICS[best % PITCH_CLASSES]} {MODES[best // PITCH_CLASSES]}"
