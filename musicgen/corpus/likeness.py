"""Pieces that are nearly the same: found by sketches of them, without comparing all with all.

A sketch holds the smallest hashes of a piece's figures of eight steps (see
`musicgen.statistics.steps`), so it is blind to key, tempo and instruments, and alike for two
versions of a piece. Source: min-wise hashing, Broder 1997.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from musicgen.statistics import Steps

SKETCH_HASHES: Final = 32
ALIKE: Final = 0.5  # share of figures in common from which two pieces are called alike
_FIGURE: Final = 8  # steps
_CROWD: Final = 50  # pieces that share a hash: from here on it is a scale and says nothing
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


def leaks(sketches: Sequence[Sketch], works: Sequence[str], splits: Sequence[str]) -> list[Leak]:
    """All pairs of pieces that are alike and lie in different splits.

    Args:
        sketches: of every piece.
        works: the work that each is a version of; empty where it is not known.
        splits: where each lies.

    Returns:
        The pairs in ascending order.
    """
    found: dict[tuple[int, int], Leak] = {}
    for first, second in _sharing(sketches):
        if splits[first] != splits[second]:
            share = likeness(sketches[first], sketches[second])
            if share >= ALIKE:
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
    """Pairs of pieces that share enough hashes to be worth a closer look."""
    owners = np.repeat(np.arange(len(sketches)), [len(each) for each in sketches])
    hashes = np.concatenate([np.zeros(0, np.uint64), *sketches])
    order = np.lexsort((owners, hashes))
    owners, hashes = owners[order], hashes[order]
    opens = np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1]])) if len(hashes) else owners
    ends = np.append(opens[1:], len(hashes))
    several = (ends - opens > 1) & (ends - opens <= _CROWD)
    counts: Counter[tuple[int, int]] = Counter()
    for start, end in zip(opens[several].tolist(), ends[several].tolist(), strict=True):
        counts.update(combinations(owners[start:end].tolist(), 2))
    return [pair for pair, count in counts.items() if count >= SKETCH_HASHES // 8]
