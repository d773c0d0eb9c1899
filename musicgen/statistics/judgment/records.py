"""All that listeners said, as columns that a site gathers and an export carries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from musicgen.statistics.judgment.reliability import alpha_of_table, repeat_consistency
from musicgen.statistics.judgment.verdicts import Float64Array, Int32Array, PairVerdicts

Int64Array = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

REAL: Final = "real"  # the anchors, systems among the others that are never grouped away
RANDOM: Final = "random"
ANCHORS: Final = (REAL, RANDOM)
GROUPINGS: Final = ("checkpoint", "network", "dataset", "representation")
_OUTCOMES: Final = 4


@dataclass(frozen=True, slots=True)
class Comparisons:
    """Verdicts on blind pairs that count, checks left out; row k of each column is one.

    Attributes:
        left, right: int32, places in the records' systems.
        left_song, right_song: int64, which pieces were heard.
        outcome: int8, values of `Outcome`.
        listener: int32, places in the records' listeners.
        weight: float64, see `PairVerdicts`.
    """

    left: Int32Array
    right: Int32Array
    left_song: Int64Array
    right_song: Int64Array
    outcome: npt.NDArray[np.int8]
    listener: Int32Array
    weight: Float64Array

    def __len__(self) -> int:
        return len(self.left)


@dataclass(frozen=True, slots=True)
class Records:
    """What was said, by whom, of which systems.

    Attributes:
        systems: facts by the system's key: `label`, and the group in each of `GROUPINGS`.
        listeners: digests that name nobody.
        excluded: by listener: failed the checks, or set apart by the operator.
        anonymous: by listener: without an account.
        comparisons: verdicts on pairs.
        repeats: (listener, first outcome, outcome of the reversed repeat).
        guesses: (listener, system, whether it was taken for human) of pieces that were not known.
        stars: (listener, system, one to five).
    """

    systems: Mapping[str, Mapping[str, str]]
    listeners: Sequence[str]
    excluded: BoolArray
    anonymous: BoolArray
    comparisons: Comparisons
    repeats: Sequence[tuple[int, int, int]] = ()
    guesses: Sequence[tuple[int, str, bool]] = ()
    stars: Sequence[tuple[int, str, int]] = field(default=())

    def selected(self, *, with_excluded: bool, with_anonymous: bool) -> Records:
        """Only what the chosen listeners said; the listeners themselves stay as they are."""
        wanted = np.ones(len(self.listeners), bool)
        if not with_excluded:
            wanted &= ~self.excluded
        if not with_anonymous:
            wanted &= ~self.anonymous
        rows = self.comparisons
        mask = wanted[rows.listener] if len(rows) else np.zeros(0, bool)
        return replace(
            self,
            comparisons=Comparisons(
                rows.left[mask],
                rows.right[mask],
                rows.left_song[mask],
                rows.right_song[mask],
                rows.outcome[mask],
                rows.listener[mask],
                rows.weight[mask],
            ),
            repeats=[row for row in self.repeats if wanted[row[0]]],
            guesses=[row for row in self.guesses if wanted[row[0]]],
            stars=[row for row in self.stars if wanted[row[0]]],
        )

    def group_of(self, grouping: str) -> dict[str, str]:
        """The group of each system; an anchor is its own."""
        return {
            key: key if key in ANCHORS else facts.get(grouping) or "?" for key, facts in self.systems.items()
        }

    def pair_verdicts(self, grouping: str) -> PairVerdicts:
        """The verdicts between groups, listeners in the order of their names."""
        rows = self.comparisons
        order = np.argsort(np.array(self.listeners, dtype=str), kind="stable")
        place = np.empty(len(order), np.int32)
        place[order] = np.arange(len(order), dtype=np.int32)
        everything = PairVerdicts(
            systems=tuple(self.systems),
            listeners=tuple(self.listeners[index] for index in order),
            left=rows.left,
            right=rows.right,
            outcome=rows.outcome,
            listener=place[rows.listener] if len(rows) else rows.listener,
            weight=rows.weight,
        )
        groups = self.group_of(grouping)
        return everything.grouped([groups[key] for key in self.systems])

    def agreement(self) -> float | None:
        """Krippendorff's α (nominal) over pairs of pieces, sides put in one order."""
        rows = self.comparisons
        if not len(rows):
            return None
        turned = rows.left_song > rows.right_song
        outcome = np.where(turned & (rows.outcome < 2), 1 - rows.outcome, rows.outcome).astype(np.int64)
        first = np.minimum(rows.left_song, rows.right_song)
        second = np.maximum(rows.left_song, rows.right_song)
        # One number for each pair of pieces: sorting a million of these is quick, sorting pairs is not.
        _, unit = np.unique(first * (int(second.max()) + 1) + second, return_inverse=True)
        table = np.bincount(unit * _OUTCOMES + outcome, minlength=(int(unit.max()) + 1) * _OUTCOMES)
        values = np.arange(_OUTCOMES, dtype=np.float64)
        return alpha_of_table(table.reshape(-1, _OUTCOMES).astype(np.float64), values, "nominal")

    def consistency(self) -> float | None:
        """Share of reversed repeats with the same answer."""
        return repeat_consistency([(first, again) for _, first, again in self.repeats])


def comparisons_of(
    rows: Iterable[tuple[str, str, int, int, int, str, float]],
    systems: Sequence[str],
    listeners: Sequence[str],
) -> Comparisons:
    """Columns from (left, right, left song, right song, outcome, listener, weight)."""
    table = list(rows)
    system = {key: place for place, key in enumerate(systems)}
    person = {name: place for place, name in enumerate(listeners)}
    return Comparisons(
        left=np.array([system[row[0]] for row in table], np.int32),
        right=np.array([system[row[1]] for row in table], np.int32),
        left_song=np.array([row[2] for row in table], np.int64),
        right_song=np.array([row[3] for row in table], np.int64),
        outcome=np.array([row[4] for row in table], np.int8),
        listener=np.array([person[row[5]] for row in table], np.int32),
        weight=np.array([row[6] for row in table], np.float64),
    )
