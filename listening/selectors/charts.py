"""Figures against the training step, placed in a picture: everything in units of its viewBox."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

WIDTH: Final = 320
HEIGHT: Final = 176
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 14, 30
_LOG_FROM: Final = 8.0  # last ÷ first step from which on the axis is logarithmic

Row = tuple[int, float, float, float]  # step, value, lower and upper end of its interval


@dataclass(frozen=True)
class Series:
    """One line of a chart.

    Attributes:
        name: what it is, where there are several.
        rows: by step.
        has_dots: whether each row is a checkpoint, to be marked by itself.
    """

    name: str
    rows: Sequence[Row]
    has_dots: bool = True


@dataclass(frozen=True)
class Band:
    """What is usual: of "real" music, or of "chance"."""

    kind: str
    low: float
    high: float


@dataclass(frozen=True)
class Chart:
    """A chart, ready to be drawn."""

    title: str
    note: str
    lines: list[dict[str, Any]]
    bands: list[dict[str, Any]]
    low: str
    high: str
    ticks: list[dict[str, Any]] = field(default_factory=list)

    @property
    def words(self) -> str:
        """What it shows, for whoever does not see it."""
        said = [
            f"{line['name']} ".lstrip()
            + "; ".join(f"{dot['step']:,}: {dot['value']}" for dot in line["dots"])
            for line in self.lines
            if line["dots"]
        ]
        return f"{self.title}. " + " / ".join(said)


def short(value: float) -> str:
    """A figure in three or four places, for people."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}".replace("-", "−")


class StepAxis:
    """The steps from left to right, the same in all charts of a page.

    Args:
        steps: of the checkpoints.
    """

    def __init__(self, steps: Sequence[int]) -> None:
        self.steps = sorted(set(steps)) or [0]
        self._first = next((step for step in self.steps if step), 1)
        self.is_log = self.steps[-1] / self._first >= _LOG_FROM
        self._low, self._high = self._scaled(self.steps[0]), self._scaled(self.steps[-1])

    def _scaled(self, step: float) -> float:
        if not self.is_log:
            return float(step)
        # Step 0 has no logarithm: it stands where half the first trained step would.
        return math.log(max(step, self._first / 2))

    def x(self, step: float) -> float:
        """Where a step lies; outside of the checkpoints' steps at the nearest end."""
        width = (self._high - self._low) or 1.0
        share = (self._scaled(step) - self._low) / width
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * min(1.0, max(0.0, share)), 1)

    def ticks(self) -> list[dict[str, Any]]:
        """A mark for each checkpoint; words where there is room for them."""
        marks: list[dict[str, Any]] = []
        free_from = 0.0
        last = self.steps[-1]
        end = self.x(last) - 9 * len(f"{last:,}")
        for step in self.steps:
            x, words = self.x(step), f"{step:,}"
            half = 3.5 * len(words)
            fits = step == last or (x - half >= free_from and x + half <= end)
            anchor = "end" if step == last else "start" if x <= _LEFT else "middle"
            marks.append({"x": x, "words": words if fits else "", "anchor": anchor})
            if fits:
                free_from = x + (2 * half if anchor == "start" else half) + 6
        return marks


def make_chart(
    title: str, note: str, series: Sequence[Series], axis: StepAxis, bands: Sequence[Band] = ()
) -> Chart | None:
    """Place series and bands; None with nothing to show."""
    filled = [one for one in series if one.rows]
    if not filled:
        return None
    ends = [value for one in filled for row in one.rows for value in row[1:]]
    ends += [end for band in bands for end in (band.low, band.high)]
    low, high = min(ends), max(ends)
    if high - low < 1e-9 * max(1.0, abs(high)):  # all alike: a line in the middle
        low, high = low - 0.5, high + 0.5
    span = high - low

    def y(value: float) -> float:
        return round(_TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - (value - low) / span), 1)

    lines = []
    for one in filled:
        points = " ".join(f"{axis.x(row[0])},{y(row[1])}" for row in one.rows)
        dots = [
            {
                "x": axis.x(step),
                "y": y(value),
                "low": y(bottom),
                "high": y(top),
                "step": step,
                "value": short(value),
            }
            for step, value, bottom, top in one.rows
        ]
        lines.append({"name": one.name, "points": points, "dots": dots if one.has_dots else []})
    placed = [
        {"kind": band.kind, "y": y(band.high), "height": round(max(2.0, y(band.low) - y(band.high)), 1)}
        for band in bands
    ]
    return Chart(title, note, lines, placed, short(low), short(high), axis.ticks())
