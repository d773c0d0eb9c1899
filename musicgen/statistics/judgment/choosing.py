"""Which pair to ask about next: where a verdict teaches most, and some at random.

Each draw's probability is kept beside the verdict: the analysis weighs by it, so that pairs asked
about more often do not count for more.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from musicgen.statistics.judgment.verdicts import Float64Array

UNIFORM_UNTIL: Final = 30  # verdicts a pair, on average over the pairs
UNIFORM_SHARE: Final = 0.2  # of the draws afterwards


def expected_gain(first_wins: Float64Array, ties: Float64Array, count: Float64Array) -> Float64Array:
    """By how much one more verdict narrows a pair's standard error: √(pq/n) − √(pq/(n+1)).

    Args:
        first_wins, ties, count: float64 (pairs,), verdicts so far; a tie counts half for each.
            One tie is added to each pair, so that none is ever thought decided.
    """
    n = count + 1
    p = (first_wins + (ties + 1) / 2) / n
    return np.asarray(np.sqrt(p * (1 - p)) * (1 / np.sqrt(n) - 1 / np.sqrt(n + 1)))


def draw_probabilities(first_wins: Float64Array, ties: Float64Array, count: Float64Array) -> Float64Array:
    """With which probability each pair is asked about next.

    Returns:
        Float64 (pairs,), sums to 1.
    """
    pairs = len(count)
    uniform = np.full(pairs, 1 / pairs)
    if count.sum() < UNIFORM_UNTIL * pairs:
        return uniform
    gain = expected_gain(first_wins, ties, count)
    return np.asarray(UNIFORM_SHARE * uniform + (1 - UNIFORM_SHARE) * gain / gain.sum())
