"""Music that a composition sets out from. Knows scores only; loads no Keras."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from musicgen.score import Notes, Score

USUAL_OPENING_SECONDS: Final = 6.0  # a phrase or so, enough to be recognised
MOST_SECONDS: Final = 600.0  # of a prompt


class PromptError(ValueError):
    """Music that cannot be composed from in the way asked for, and what to do instead."""


@dataclass(frozen=True, slots=True)
class Continuation:
    """Go on from a place in a piece; what stands after it is left out.

    Attributes:
        score: the piece.
        from_seconds: the place; the end if None.
    """

    score: Score
    from_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Variation:
    """Take the opening of a piece and go another way.

    Attributes:
        score: the piece.
        opening_seconds: how much of it stays.
    """

    score: Score
    opening_seconds: float = USUAL_OPENING_SECONDS


@dataclass(frozen=True, slots=True)
class Infilling:
    """Write a passage anew between what stands before and after it.

    Attributes:
        score: the piece.
        from_seconds, to_seconds: the passage.
    """

    score: Score
    from_seconds: float
    to_seconds: float


@dataclass(frozen=True, slots=True)
class Accompaniment:
    """Add to a melody what goes with it.

    Attributes:
        score: the melody; of several parts, the first with notes.
    """

    score: Score


Prompt = Continuation | Variation | Infilling | Accompaniment


def opening_of(score: Score, seconds: float | None) -> Score:
    """The notes of a score that start before a time; all of them if it is None.

    Raises:
        PromptError: none do, or the opening is too long to learn from.
    """
    end = score.duration_seconds if seconds is None else seconds
    kept = replace(score, parts=tuple(replace(p, notes=_before(score, p.notes, end)) for p in score.parts))
    if not kept.note_count:
        raise PromptError(
            f"There is no note before {end:g} seconds in this piece; choose a later place to go on from."
        )
    if min(end, score.duration_seconds) > MOST_SECONDS:
        raise PromptError(
            f"{end:g} seconds are too much to set out from; choose a place within {MOST_SECONDS:g} seconds."
        )
    return kept


def _before(score: Score, notes: Notes, seconds: float) -> Notes:
    count = int(np.searchsorted(score.seconds_at(notes.start_ticks), seconds, side="left"))
    return Notes.of_checked(
        notes.start_ticks[:count],
        notes.pitch[:count],
        notes.duration_ticks[:count],
        notes.velocity[:count],
        notes.cents[:count],
    )
