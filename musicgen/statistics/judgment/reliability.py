"""How far listeners agree with each other, and with themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np

from musicgen.statistics.judgment.verdicts import Float64Array, Outcome

Level = Literal["nominal", "ordinal", "interval"]


def krippendorff_alpha(ratings: Iterable[tuple[str, float]], level: Level) -> float | None:
    """Krippendorff's α over units that were judged more than once; missing judgments are no harm.

    Args:
        ratings: (unit, value), one for each judgment; who judged does not matter.
        level: how values differ: equal or not, by rank, or by distance.

    Returns:
        1 for perfect agreement, 0 for chance, below for worse; None where no unit was judged
        twice or all values are equal.

    Source: Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability".
    """
    rows = list(ratings)
    values = sorted({value for _, value in rows})
    place = {value: index for index, value in enumerate(values)}
    units = {unit: index for index, unit in enumerate(sorted({unit for unit, _ in rows}))}
    table = np.zeros((len(units), len(values)))
    np.add.at(table, ([units[unit] for unit, _ in rows], [place[value] for _, value in rows]), 1)
    return alpha_of_table(table, np.array(values), level)


def alpha_of_table(table: Float64Array, values: Float64Array, level: Level) -> float | None:
    """Krippendorff's α of counts, (units, values); see `krippendorff_alpha`."""
    judged = table.sum(axis=1)
    table, judged = table[judged >= 2], judged[judged >= 2]
    if not len(table):
        return None
    scaled = table / (judged - 1)[:, None]
    coincidences = scaled.T @ table - np.diag(scaled.sum(axis=0))
    totals = coincidences.sum(axis=1)
    if (totals > 0).sum() < 2:
        return None
    distance = _distances(values, totals, level)
    expected = (np.outer(totals, totals) * distance).sum() / (totals.sum() - 1)
    return float(1 - (coincidences * distance).sum() / expected)


def _distances(values: Float64Array, totals: Float64Array, level: Level) -> Float64Array:
    if level == "nominal":
        return 1.0 - np.eye(len(values))
    if level == "ordinal":
        scale = np.cumsum(totals) - totals / 2
        return np.asarray((scale[:, None] - scale[None, :]) ** 2)
    return np.asarray((values[:, None] - values[None, :]) ** 2)


def repeat_consistency(pairs: Sequence[tuple[int, int]]) -> float | None:
    """Share of repeats that got the same answer as before.

    Args:
        pairs: (first outcome, outcome of the repeat with sides exchanged), values of `Outcome`.

    Returns:
        0 to 1; None without repeats.
    """
    turned = {Outcome.LEFT: Outcome.RIGHT, Outcome.RIGHT: Outcome.LEFT}
    if not pairs:
        return None
    same = sum(turned.get(Outcome(first), Outcome(first)) == again for first, again in pairs)
    return same / len(pairs)
