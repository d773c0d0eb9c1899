"""In which key a piece is, as music21 hears it."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from musicgen.notation.errors import NotationError
from musicgen.notation.guarded import DEFAULT_LIMITS, NotationLimits, run_worker
from musicgen.score import Score


@dataclass(frozen=True, slots=True)
class KeyEstimate:
    """A key and how well the piece fits it.

    Attributes:
        tonic: such as "C", "F#" or "Bb".
        mode: "major" or "minor".
        sharps: of its signature, negative for flats.
        correlation: with the key's profile, −1 to 1.
    """

    tonic: str
    mode: str
    sharps: int
    correlation: float

    def __str__(self) -> str:
        return f"{self.tonic} {self.mode}"


def estimate_keys(score: Score, *, limits: NotationLimits = DEFAULT_LIMITS) -> tuple[KeyEstimate, ...]:
    """All 24 keys, the likeliest first, by Krumhansl and Schmuckler's profiles.

    Only how long each pitch class sounds counts, so that the length of the piece costs nothing.

    Raises:
        NotationError: the score has no notes but drums, or music21 failed.
    """
    notes = score.all_notes(drums=False)
    if not len(notes):
        raise NotationError("The score has no notes but drums, so it is in no key.")
    quarters = notes.duration_ticks / score.ticks_per_quarter
    sounding = np.bincount(notes.pitch % 12, weights=quarters, minlength=12)
    answer = json.loads(run_worker("keys", {"quarters": sounding.tolist()}, limits))
    return tuple(KeyEstimate(**key) for key in answer)


def estimate_key(score: Score, *, limits: NotationLimits = DEFAULT_LIMITS) -> KeyEstimate:
    """The likeliest key; see `estimate_keys`."""
    return estimate_keys(score, limits=limits)[0]
