"""Strengths with their uncertainty: whole listeners are drawn anew, not single verdicts.

Verdicts of one listener resemble each other; resampling them one by one would promise more
than they hold. Verdicts are summed by listener and pair once, so that a resample costs one
product of a sparse matrix and a few steps of Newton's method from the solution of all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from musicgen.statistics.judgment.davidson import Davidson, fit_davidson
from musicgen.statistics.judgment.verdicts import Float64Array, Outcome, PairVerdicts

if TYPE_CHECKING:
    from scipy.sparse import csr_array

RESAMPLES: Final = 1_000
CONFIDENCE: Final = 0.95
ELO_PER_NAT: Final = 400 / np.log(10)
ELO_MEAN: Final = 1_000.0
_CELLS_AT_ONCE: Final = 160_000  # of resampled tables: as many as a processor's cache holds


@dataclass(frozen=True, slots=True)
class Strengths:
    """Strengths of systems on the Elo scale, mean 1000.

    Attributes:
        systems: names.
        elo, low, high: float64 (systems,), estimate and interval.
        side_bias, side_low, side_high: the chance that the left of two equals is preferred, given
            that one of them is.
        tie_rate: the chance of a tie between equals.
        resampled: float64 (resamples, systems), Elo of each resample.
    """

    systems: tuple[str, ...]
    elo: Float64Array
    low: Float64Array
    high: Float64Array
    side_bias: float
    side_low: float
    side_high: float
    tie_rate: float
    resampled: Float64Array


def estimate_strengths(
    verdicts: PairVerdicts, *, seed: int, resamples: int = RESAMPLES, confidence: float = CONFIDENCE
) -> Strengths:
    """Fit Davidson's model, and again on resampled listeners; percentile intervals.

    Args:
        verdicts: at least one.
        seed: the same verdicts and seed give the same intervals.
        resamples: how often listeners are drawn anew.
        confidence: share of the resamples inside the interval.
    """
    fitted = fit_davidson(verdicts.counts())
    drawn = _resampled(verdicts, fitted, np.random.default_rng(seed), resamples)
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    low, high = np.quantile(drawn.strengths, tails, axis=0)
    side_low, side_high = np.quantile(_side(drawn.side_bias), tails)
    return Strengths(
        systems=verdicts.systems,
        elo=_elo(fitted.strengths),
        low=_elo(low),
        high=_elo(high),
        side_bias=float(_side(fitted.side_bias)),
        side_low=float(side_low),
        side_high=float(side_high),
        tie_rate=float(np.exp(fitted.log_ties) / (np.exp(fitted.log_ties) + 2)),
        resampled=_elo(drawn.strengths),
    )


def rank_ranges(low: Float64Array, high: Float64Array) -> list[tuple[int, int]]:
    """The ranks that each system may hold: only intervals that do not overlap are told apart.

    Returns:
        (best, worst) from 1, in the order of the systems.
    """
    above = (low[None, :] > high[:, None]).sum(axis=1)
    below = (high[None, :] < low[:, None]).sum(axis=1)
    return [(1 + int(up), len(low) - int(down)) for up, down in zip(above, below, strict=True)]


def _resampled(
    verdicts: PairVerdicts, fitted: Davidson, random: np.random.Generator, resamples: int
) -> Davidson:
    table, cells = _by_listener(verdicts)
    size, people = len(verdicts.systems), len(verdicts.listeners)
    at_once = max(1, _CELLS_AT_ONCE // (3 * size * size))
    parts: list[Davidson] = []
    evenly = np.full(people, 1 / people)
    for begin in range(0, resamples, at_once):
        count = min(at_once, resamples - begin)
        drawn = random.multinomial(people, evenly, size=count).astype(np.float64)
        counts = np.zeros((count, 3 * size * size))
        counts[:, cells] = (table @ drawn.T).T
        parts.append(fit_davidson(counts.reshape(count, 3, size, size), fitted))
    return Davidson(
        np.concatenate([part.strengths for part in parts]),
        np.concatenate([part.log_ties for part in parts]),
        np.concatenate([part.side_bias for part in parts]),
    )


def _by_listener(verdicts: PairVerdicts) -> tuple[csr_array, npt.NDArray[np.int64]]:
    """Weights by cell and listener, (cells in use, listeners), and the places of those cells."""
    from scipy.sparse import coo_array

    size = len(verdicts.systems)
    kind = np.minimum(verdicts.outcome, Outcome.TIE).astype(np.int64)
    cell = (kind * size + verdicts.left) * size + verdicts.right
    cells, row = np.unique(cell, return_inverse=True)
    shape = (len(cells), len(verdicts.listeners))
    return coo_array((verdicts.weight, (row, verdicts.listener)), shape=shape).tocsr(), cells


def _elo(strengths: Float64Array) -> Float64Array:
    return np.asarray(ELO_MEAN + ELO_PER_NAT * strengths)


def _side(bias: Float64Array) -> Float64Array:
    return np.asarray(1 / (1 + np.exp(-2 * bias)))
