"""Pieces that are nearly the same: found by sketches of them, without comparing all with all.

A sketch holds the smallest hashes of a piece's figures of eight steps (see
`musicgen.statistics.steps`), so it is blind to key, tempo and instruments, and alike for two
versions of a piece. Source: min-wise hashing, Broder 1997.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from musicgen.statistics import Steps

SKETCH_HASHES: Final = 32
# Share of figures in common from which two pieces are called alike. On 3,610 pieces of many kinds
# every pair above it was one work twice (as score and as played, too), or tunes of one family.
ALIKE: Final = 0.25
_FIGURE: Final = 8  # steps
_CROWD: Final = 50  # pieces that share a hash: of more it may be a scale, or one piece many times
_IN_A_CROWD: Final = 4  # neighbours that each is compared with there, enough to link copies in a chain
_COUNTED_AT_ONCE: Final = 1_000_000  # pairs, 16 MB and twice as much to sum them up
_SORTED_AT_ONCE: Final = 500_000  # hashes, 4 MB
_LISTED: Final = 100  # pairs a report names

Sketch = npt.NDArray[np.uint64]


def sketch(steps: Steps) -> Sketch:
    """The sketch of a piece, uint64 (≤ 32,), ascending; empty below eight steps."""
    codes = steps.codes.astype(np.uint64)
    if len(codes) < _FIGURE:
        return np.zeros(0, np.uint64)
    hashes = np.zeros(len(codes) - _FIGURE + 1, np.uint64)
    for place in range(_FIGURE):
        # Odd constants of xxHash and MurmurHash; products wrap as they shall.
        hashes = (hashes + codes[place : place + len(hashes)]) * np.uint64(0x9E3779B185EBCA87)
        hashes ^= hashes >> np.uint64(29)
    hashes *= np.uint64(0xFF51AFD7ED558CCD)
    hashes ^= hashes >> np.uint64(33)
    return np.asarray(np.unique(hashes)[:SKETCH_HASHES])


def likeness(first: Sketch, second: Sketch) -> float:
    """The share of figures that two pieces have in common, estimated, 0–1."""
    together = np.union1d(first, second)[:SKETCH_HASHES]
    if not len(together):
        return 0.0
    return float(np.isin(together, np.intersect1d(first, second)).mean())


@dataclass(frozen=True, slots=True)
class Leak:
    """Two pieces of different splits that are nearly one.

    Attributes:
        first, second: their places in the list that was searched.
        share: of figures in common, 0–1; 1 where they are versions of one work by name.
        same_work: whether the dataset says so.
    """

    first: int
    second: int
    share: float
    same_work: bool


def alike_pairs(sketches: Sequence[Sketch]) -> list[tuple[int, int, float]]:
    """(first, second, share of figures in common) of all pairs of pieces that are alike, ascending.

    Of one piece that is there many times not every pair is listed, but a chain that links all.
    """
    found = []
    for first, second in _sharing(sketches):
        share = likeness(sketches[first], sketches[second])
        if share >= ALIKE:
            found.append((first, second, share))
    return found


def leaks(
    alike: Iterable[tuple[int, int, float]],
    sketches: Sequence[Sketch],
    works: Sequence[str],
    splits: Sequence[str],
) -> list[Leak]:
    """All pairs of pieces that are alike, or one work by name, and lie in different splits.

    Args:
        alike: as `alike_pairs` gives them.
        sketches: of every piece.
        works: the work that each is a version of; empty where it is not known.
        splits: where each lies.

    Returns:
        The pairs in ascending order.
    """
    found: dict[tuple[int, int], Leak] = {}
    for first, second, share in alike:
        if splits[first] != splits[second]:
            same = bool(works[first]) and works[first] == works[second]
            found[first, second] = Leak(first, second, share, same)
    for members in _of_one_work(works).values():
        for first, second in combinations(members[:_CROWD], 2):
            if splits[first] != splits[second] and (first, second) not in found:
                share = likeness(sketches[first], sketches[second])
                found[first, second] = Leak(first, second, share, same_work=True)
    return [found[pair] for pair in sorted(found)]


def leakage_report(found: Sequence[Leak], names: Sequence[str], splits: Sequence[str]) -> dict[str, Any]:
    """Leaks as plain JSON values: how many, and the first hundred by name."""
    return {
        "pairs": len(found),
        "same_work": sum(leak.same_work for leak in found),
        "alike": sum(leak.share >= ALIKE for leak in found),
        "listed": [
            {
                "first": names[leak.first],
                "first_split": splits[leak.first],
                "second": names[leak.second],
                "second_split": splits[leak.second],
                "share": round(leak.share, 3),
                "same_work": leak.same_work,
            }
            for leak in found[:_LISTED]
        ],
    }


def _of_one_work(works: Sequence[str]) -> Mapping[str, list[int]]:
    members: dict[str, list[int]] = {}
    for place, work in enumerate(works):
        if work:
            members.setdefault(work, []).append(place)
    return members


def _sharing(sketches: Sequence[Sketch]) -> list[tuple[int, int]]:
    """Pairs of pieces that share enough hashes to be worth a closer look, ascending."""
    owners = np.repeat(np.arange(len(sketches), dtype=np.int32), [len(each) for each in sketches])
    hashes = np.concatenate([np.zeros(0, np.uint64), *sketches])
    counts = _Counts(len(sketches))
    # A share of all hashes at a time, so that memory hardly grows with the number of pieces.
    shares = np.uint64(len(hashes) // _SORTED_AT_ONCE + 1)
    for share in range(int(shares)):
        chosen = hashes % shares == share
        _count_sharing(hashes[chosen], owners[chosen], counts)
    return counts.pairs(SKETCH_HASHES // 8)


def _count_sharing(hashes: npt.NDArray[np.uint64], owners: npt.NDArray[np.int32], counts: _Counts) -> None:
    """Count the pairs of owners of each hash; owners ascend."""
    order = np.argsort(hashes, kind="stable")
    owners, hashes = owners[order], hashes[order]
    edges = np.flatnonzero(hashes != np.append(~hashes[:1], hashes[:-1]))
    sizes = np.diff(edges, append=len(hashes))
    group = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    crowded = np.repeat(sizes > _CROWD, sizes)
    for distance in range(1, _CROWD):
        is_pair = group[distance:] == group[:-distance]
        if distance > _IN_A_CROWD:
            is_pair &= ~crowded[distance:]
        if not is_pair.any():
            break
        counts.add(owners[:-distance][is_pair], owners[distance:][is_pair])


class _Counts:
    """How often pairs of pieces are met, in memory for the different ones."""

    def __init__(self, pieces: int) -> None:
        self._pieces = pieces
        self._codes: list[npt.NDArray[np.int64]] = [np.zeros(0, np.int64)]
        self._counts: list[npt.NDArray[np.int64]] = [np.zeros(0, np.int64)]

    def add(self, first: npt.NDArray[np.int32], second: npt.NDArray[np.int32]) -> None:
        self._codes.append(first.astype(np.int64) * self._pieces + second)
        self._counts.append(np.ones(len(first), np.int64))
        if sum(map(len, self._codes)) > max(_COUNTED_AT_ONCE, 2 * len(self._codes[0])):
            self._sum_up()

    def pairs(self, least: int) -> list[tuple[int, int]]:
        self._sum_up()
        often = self._codes[0][self._counts[0] >= least]
        return list(zip((often // self._pieces).tolist(), (often % self._pieces).tolist(), strict=True))

    def _sum_up(self) -> None:
        codes, place = np.unique(np.concatenate(self._codes), return_inverse=True)
        weights = np.concatenate(self._counts)
        self._codes = [codes]
        self._counts = [np.bincount(place, weights, len(codes)).astype(np.int64)]
