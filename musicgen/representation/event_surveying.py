"""What a vocabulary of events has to know of a corpus: its instruments, and its cents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from musicgen.representation.event_voices import nearest_cents
from musicgen.score import Score

_ALL_PROGRAMS: Final = tuple(range(128))
_MICROTONAL_SHARE: Final = 0.01  # of the notes between the semitones; fewer are strays
_VALUE_SHARE: Final = 0.002  # of the notes at certain cents; fewer are rounded to those beside


@dataclass(frozen=True, slots=True)
class Found:
    """The instruments and cents of a corpus.

    Attributes:
        programs: ascending.
        with_drums: whether there are drums.
        cents: beside 0, ascending; none if the corpus keeps to the semitones.
    """

    programs: tuple[int, ...]
    with_drums: bool
    cents: tuple[int, ...]


def found_in(scores: Iterable[Score]) -> Found:
    """Look through scores; of none at all, all instruments are taken to be there."""
    programs: set[int] = set()
    with_drums = False
    counts: dict[int, int] = {}
    for score in scores:
        for part in score.parts:
            if part.is_drum and len(part.notes):
                with_drums = True
            elif len(part.notes):
                programs.add(part.program)
                values, each = np.unique(nearest_cents(part.notes)[1], return_counts=True)
                for value, count in zip(values.tolist(), each.tolist(), strict=True):
                    counts[value] = counts.get(value, 0) + count
    if not programs and not with_drums:
        return Found(_ALL_PROGRAMS, True, ())
    total = sum(counts.values())
    between = total - counts.get(0, 0)
    often = sorted(value for value, count in counts.items() if value and count >= _VALUE_SHARE * total)
    return Found(
        tuple(sorted(programs)), with_drums, tuple(often) if between > _MICROTONAL_SHARE * total else ()
    )
