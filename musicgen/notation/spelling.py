"""The name of a pitch in a key: which of A sharp and B flat is meant."""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

_STEPS: Final = "FCGDAEB"  # in the order of the line of fifths
_SEMITONES: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_LOWEST_FIFTH: Final = -3  # from the tonic of the major key: of the 12 names that a key uses


class SpelledPitch(NamedTuple):
    """A pitch as it is written: step "A" to "G", alteration in semitones, octave of middle C is 4."""

    step: str
    alter: float
    octave: int


@cache
def spelled(quarter_tones: int, sharps: int) -> SpelledPitch:
    """The name of a pitch in a key.

    Args:
        quarter_tones: 2 × MIDI number; odd for pitches between the semitones.
        sharps: of the key signature, negative for flats.
    """
    if quarter_tones % 2:
        return _between(quarter_tones)
    pitch = quarter_tones // 2
    for fifth in range(sharps + _LOWEST_FIFTH, sharps + _LOWEST_FIFTH + 12):
        step, alter = _STEPS[(fifth + 1) % 7], (fifth + 1) // 7
        if (_SEMITONES[step] + alter) % 12 == pitch % 12:
            return SpelledPitch(step, float(alter), (pitch - alter - _SEMITONES[step]) // 12 - 1)
    raise AssertionError("twelve fifths in a row name every pitch class")


def _between(quarter_tones: int) -> SpelledPitch:
    """A natural step half flat, as the koron is written, or where there is none half sharp."""
    naturals = {semitones: step for step, semitones in _SEMITONES.items()}
    above, below = (quarter_tones + 1) // 2, quarter_tones // 2
    if above % 12 in naturals:
        return SpelledPitch(naturals[above % 12], -0.5, above // 12 - 1)
    return SpelledPitch(naturals[below % 12], 0.5, below // 12 - 1)
