"""What a vocabulary of events has to know of a corpus: its instruments, its cents, its glides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from musicgen.representation.event_voices import BEND_STEP, nearest_cents
from musicgen.score import Score

_ALL_PROGRAMS: Final = tuple(range(128))
_MICROTONAL_SHARE: Final = 0.01  # of the notes between the semitones; fewer are strays
_VALUE_SHARE: Final = 0.002  # of the notes at certain cents; fewer are rounded to those beside
_MAX_BENDS: Final = 64  # places of a pitch wheel: more voices than these leave few for instruments


@dataclass(frozen=True, slots=True)
class Found:
    """The instruments, cents and glides of a corpus.

    Attributes:
        programs: ascending.
        with_drums: whether there are drums.
        cents: beside 0, ascending; none if the corpus keeps to the semitones.
        bends: places of the pitch wheel in cents, ascending, 0 among them; none without glides.
    """

    programs: tuple[int, ...]
    with_drums: bool
    cents: tuple[int, ...]
    bends: tuple[int, ...] = ()


def found_in(scores: Iterable[Score]) -> Found:
    """Look through scores; of none at all, all instruments are taken to be there."""
    programs: set[int] = set()
    with_drums = False
    counts: Counter[int] = Counter()
    wheel: Counter[int] = Counter()
    for score in scores:
        for part in score.parts:
            if part.is_drum and len(part.notes):
                with_drums = True
            elif len(part.notes):
                programs.add(part.program)
                _count(counts, nearest_cents(part.notes)[1])
                _count(wheel, BEND_STEP * np.rint(part.bends.values / BEND_STEP).astype(np.int64))
    if not programs and not with_drums:
        return Found(_ALL_PROGRAMS, True, ())
    total = counts.total()
    between = total - counts[0]
    often = sorted(value for value, count in counts.items() if value and count >= _VALUE_SHARE * total)
    often_bent = {value for value, count in wheel.items() if count >= _VALUE_SHARE * wheel.total()}
    nearest = sorted(often_bent | {0}, key=lambda value: (-wheel[value], value))[:_MAX_BENDS]
    return Found(
        tuple(sorted(programs)),
        with_drums,
        tuple(often) if between > _MICROTONAL_SHARE * total else (),
        tuple(sorted({0, *nearest})) if wheel else (),
    )


def _count(counts: Counter[int], values: npt.NDArray[np.int64]) -> None:
    found, each = np.unique(values, return_counts=True)
    counts.update(dict(zip(found.tolist(), each.tolist(), strict=True)))
