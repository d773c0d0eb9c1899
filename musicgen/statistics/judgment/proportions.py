"""Shares with their intervals, discrimination between real and machine, and means of few ratings."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Final

_Z_95: Final = NormalDist().inv_cdf(0.975)
PRIOR_RATINGS: Final = 10  # a mean counts as if so many had already given the mean of all


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share. Source: Wilson 1927, JASA 22(158).

    Returns:
        (low, high); (0, 1) without trials.
    """
    if trials == 0:
        return 0.0, 1.0
    share, spread = successes / trials, _Z_95**2 / trials
    middle = (share + spread / 2) / (1 + spread)
    half = _Z_95 / (1 + spread) * sqrt(share * (1 - share) / trials + spread / (4 * trials))
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True, slots=True)
class Discrimination:
    """How well listeners tell real music from a machine's.

    Attributes:
        d_prime: 0 for not at all; about 1 for three in four right.
        low, high: 95 % interval by the normal approximation.
    """

    d_prime: float
    low: float
    high: float


def d_prime(
    human_said_of_real: int, real: int, human_said_of_machine: int, machine: int
) -> Discrimination | None:
    """z(share of real taken for human) − z(share of machine-made taken for human).

    Shares are log-linearly corrected, so that 0 and 1 stay finite (Hautus 1995); the variance is
    Gourevitch and Galanter's (1967).

    Returns:
        None where either was never judged.
    """
    if not real or not machine:
        return None
    normal = NormalDist()
    value, variance = 0.0, 0.0
    for sign, said, total in ((1, human_said_of_real, real), (-1, human_said_of_machine, machine)):
        share = (said + 0.5) / (total + 1)
        z = normal.inv_cdf(share)
        value += sign * z
        variance += share * (1 - share) / (total * normal.pdf(z) ** 2)
    half = _Z_95 * sqrt(variance)
    return Discrimination(value, value - half, value + half)


def shrunken_mean(total: float, count: int, mean_of_all: float) -> float:
    """(m μ + Σx) / (m + n) with m = `PRIOR_RATINGS`: one single five is not the best of all."""
    return (PRIOR_RATINGS * mean_of_all + total) / (PRIOR_RATINGS + count)
