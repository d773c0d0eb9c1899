"""Does something rise from step to step, and how surely?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Final

import numpy as np
import numpy.typing as npt

from musicgen.statistics.judgment.verdicts import Float64Array

_FLIPS: Final = 10_000
_CERTAINTY: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Trend:
    """A trend and the chance to see one as strong where there is none.

    Attributes:
        size: −1 always falls to 1 always rises; what exactly is said by the test.
        p_value: two-sided.
        count: observations.
    """

    size: float
    p_value: float
    count: int


def verdict_trend(
    listener: Sequence[int], step_difference: Sequence[float], outcome: Sequence[float], *, seed: int
) -> Trend | None:
    """Are later steps preferred to earlier ones, over all verdicts between two steps?

    The size is a Kendall coefficient over verdicts: how much more often the later step won than
    lost. The p-value is exact for clustered data: if steps made no difference, all verdicts of a
    listener might as well be turned round.

    Args:
        listener: (n,), who judged.
        step_difference: (n,), step on the left − step on the right.
        outcome: (n,), 1 left preferred, −1 right, 0 neither.

    Returns:
        None without verdicts between two different steps.
    """
    people = np.asarray(listener, np.int64)
    score = np.sign(np.asarray(step_difference, np.float64)) * np.asarray(outcome, np.float64)
    apart = np.asarray(step_difference, np.float64) != 0
    if not apart.any():
        return None
    _, person = np.unique(people[apart], return_inverse=True)
    sums = np.bincount(person, score[apart])
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(_FLIPS, len(sums)))
    extreme = (np.abs(signs @ sums) >= abs(sums.sum()) - _CERTAINTY).sum()
    count = int(apart.sum())
    return Trend(float(sums.sum() / count), float((extreme + 1) / (_FLIPS + 1)), count)


def jonckheere(groups: Sequence[Sequence[float]]) -> Trend | None:
    """Jonckheere and Terpstra's test: do values rise from group to group?

    Args:
        groups: in their order; each group's values are independent.

    Returns:
        Size: (concordant − discordant) ÷ pairs between groups. None with fewer than two groups
        of values, or where all values are equal. The p-value is the normal approximation with
        correction for ties (Hollander, Wolfe and Chicken 2014, section 6.2).
    """
    filled = [np.asarray(group, np.float64) for group in groups if len(group)]
    if len(filled) < 2:
        return None
    excess, pairs = 0.0, 0
    for place, earlier in enumerate(filled):
        for later in filled[place + 1 :]:
            excess += float(np.sign(later[None, :] - earlier[:, None]).sum())
            pairs += len(earlier) * len(later)
    sizes = np.array([len(group) for group in filled], np.float64)
    total = float(sizes.sum())
    ties = np.unique(np.concatenate(filled), return_counts=True)[1].astype(np.float64)
    variance = (_cubic(total) - _cubic(sizes).sum() - _cubic(ties).sum()) / 72
    variance += _third(sizes) * _third(ties) / (36 * total * (total - 1) * max(total - 2, 1))
    variance += _second(sizes) * _second(ties) / (8 * total * (total - 1))
    if variance <= _CERTAINTY:
        return None
    return Trend(excess / pairs, _two_sided(excess / 2 / sqrt(variance)), int(total))


def kendall(steps: Sequence[float], values: Sequence[float]) -> Trend | None:
    """Kendall's τ-b between steps and one value each; exact p-value where there are no ties.

    Returns:
        None with fewer than three values or where all are equal.
    """
    from scipy.stats import kendalltau

    if len(values) < 3 or len(set(values)) < 2 or len(set(steps)) < 2:
        return None
    found = kendalltau(steps, values)
    return Trend(float(found.statistic), float(found.pvalue), len(values))


def _cubic(n: Float64Array | float) -> npt.NDArray[np.float64]:
    count = np.asarray(n, np.float64)
    return np.asarray(count * (count - 1) * (2 * count + 5))


def _third(n: Float64Array) -> float:
    return float((n * (n - 1) * (n - 2)).sum())


def _second(n: Float64Array) -> float:
    return float((n * (n - 1)).sum())


def _two_sided(z: float) -> float:
    return 2 * NormalDist().cdf(-abs(z))
