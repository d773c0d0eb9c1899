"""Verdicts on blind pairs, as columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

Int32Array = npt.NDArray[np.int32]
Float64Array = npt.NDArray[np.float64]


class Outcome(IntEnum):
    """What a listener said of a pair."""

    LEFT = 0
    RIGHT = 1
    TIE = 2
    BOTH_BAD = 3


@dataclass(frozen=True, slots=True)
class PairVerdicts:
    """Verdicts on blind pairs; row k of every column is one verdict.

    Attributes:
        systems: names of the systems, sorted.
        listeners: names of the listeners, sorted: resampling must not depend on who came first.
        left, right: int32 (n,), places in `systems` of what was played on either side.
        outcome: int8 (n,), values of `Outcome`.
        listener: int32 (n,), places in `listeners`.
        weight: float64 (n,), what uniform choice would have given the pair ÷ the probability
            with which it was drawn; 1 for a pair chosen uniformly.
    """

    systems: tuple[str, ...]
    listeners: tuple[str, ...]
    left: Int32Array
    right: Int32Array
    outcome: npt.NDArray[np.int8]
    listener: Int32Array
    weight: Float64Array

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str, int, str, float]]) -> PairVerdicts:
        """Verdicts from (left system, right system, outcome, listener, weight)."""
        table = list(rows)
        left, left_names = _coded([row[0] for row in table])
        right, right_names = _coded([row[1] for row in table])
        systems = tuple(sorted({*left_names, *right_names}))
        places = {name: place for place, name in enumerate(systems)}
        listener, listeners = _coded([row[3] for row in table])
        return cls(
            systems=systems,
            listeners=listeners,
            left=np.array([places[name] for name in left_names], np.int32)[left],
            right=np.array([places[name] for name in right_names], np.int32)[right],
            outcome=np.array([row[2] for row in table], np.int8),
            listener=listener,
            weight=np.array([row[4] for row in table], np.float64),
        )

    def __len__(self) -> int:
        return len(self.left)

    def grouped(self, group_of: Sequence[str]) -> PairVerdicts:
        """The same verdicts on groups of systems; those within one group say nothing and are left out.

        Args:
            group_of: the group of each of `systems`.
        """
        groups = tuple(sorted(set(group_of)))
        places = {name: place for place, name in enumerate(groups)}
        new = np.array([places[name] for name in group_of], np.int32)
        regrouped = PairVerdicts(
            groups, self.listeners, new[self.left], new[self.right], self.outcome, self.listener, self.weight
        )
        return regrouped.kept(regrouped.left != regrouped.right)

    def kept(self, mask: npt.NDArray[np.bool_]) -> PairVerdicts:
        """Only the verdicts of the mask, with only the systems and listeners that are in them."""
        left, right, listener = self.left[mask], self.right[mask], self.listener[mask]
        systems, (left, right) = _compacted(len(self.systems), left, right)
        listeners, (listener,) = _compacted(len(self.listeners), listener)
        return PairVerdicts(
            tuple(self.systems[place] for place in systems),
            tuple(self.listeners[place] for place in listeners),
            left,
            right,
            self.outcome[mask],
            listener,
            self.weight[mask],
        )

    def counts(self) -> Float64Array:
        """Float64 (3, systems, systems): weights of left, right and tie; both bad prefers neither."""
        size = len(self.systems)
        kind = np.minimum(self.outcome, Outcome.TIE).astype(np.int64)
        cell = (kind * size + self.left) * size + self.right
        weights: Float64Array = np.bincount(cell, self.weight, 3 * size * size).astype(np.float64)
        return weights.reshape(3, size, size)


def _coded(names: Sequence[str]) -> tuple[Int32Array, tuple[str, ...]]:
    ordered = tuple(sorted(set(names)))
    places = {name: place for place, name in enumerate(ordered)}
    return np.array([places[name] for name in names], np.int32), ordered


def _compacted(size: int, *columns: Int32Array) -> tuple[list[int], list[Int32Array]]:
    used = np.zeros(size, bool)
    for column in columns:
        used[column] = True
    new = (np.cumsum(used) - 1).astype(np.int32)
    return np.flatnonzero(used).tolist(), [new[column] for column in columns]
