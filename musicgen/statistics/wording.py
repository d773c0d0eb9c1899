"""How figures are worded wherever people read them."""

from __future__ import annotations

from musicgen.statistics.measures import Measure
from musicgen.statistics.sets import MeasureSummary


def worded_summary(row: Measure, summary: MeasureSummary) -> str:
    """Mean ± SD with the digits that are worth showing; "not defined" without a mean."""
    if summary.mean is None:
        return "not defined"
    mean = f"{summary.mean:,.{row.decimals}f}"
    return mean if summary.sd is None else f"{mean} ± {summary.sd:,.{max(1, row.decimals)}f}"
