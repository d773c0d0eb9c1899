"""A run against its training steps: each figure beside the bands of real music and of chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from matplotlib.figure import Figure

from musicgen.evaluation.judging import Judgment
from musicgen.statistics import MEASURES, MeasureSummary
from musicgen.statistics.comparison import Comparison
from musicgen.statistics.pictures import COLOURS, COLUMNS, picture_bytes

_PANEL_INCHES: Final = (3.1, 2.3)
_REAL: Final = "#2e7d32"
_CHANCE: Final = "#9ca3af"
_TESTS: Final[Mapping[str, Callable[[Judgment], float | None]]] = {
    "held-out nats per token": lambda j: j.nats_per_token,
    "two-sample accuracy, %": lambda j: (
        None
        if j.comparison is None or j.comparison.two_sample.accuracy is None
        else 100.0 * j.comparison.two_sample.accuracy
    ),
    "Fréchet feature distance": lambda j: None if j.comparison is None else j.comparison.frechet.distance,
}


def draw_steps(
    runs: Mapping[str, Sequence[Judgment]],
    real: Mapping[str, MeasureSummary],
    chance: Mapping[str, MeasureSummary],
    seen: Comparison,
    kind: str = "svg",
) -> bytes:
    """A panel each for the tests and every measure but the published faulty ones.

    Args:
        runs: each run's judgments, by the name in the legend.
        real, chance: mean and spread of every measure, drawn as bands of one standard deviation.
        seen: what pieces that were learned from come to, the line that the tests could reach.
        kind: "svg" or "png".
    """
    rows = [row for row in MEASURES if not row.published]
    height = -(-(len(rows) + len(_TESTS)) // COLUMNS)
    figure = Figure(figsize=(COLUMNS * _PANEL_INCHES[0], height * _PANEL_INCHES[1]), layout="constrained")
    panels = list(figure.subplots(height, COLUMNS, squeeze=False).ravel())
    reached = {
        "two-sample accuracy, %": None
        if seen.two_sample.accuracy is None
        else 100.0 * seen.two_sample.accuracy,
        "Fréchet feature distance": seen.frechet.distance,
    }
    for panel, (title, value) in zip(panels, _TESTS.items(), strict=False):
        if (line := reached.get(title)) is not None:
            panel.axhline(line, color=_REAL, linestyle="--", linewidth=1.2)
        _draw(panel, title, runs, value)
        if title.startswith("Fréchet"):
            panel.set_yscale("log")
    for panel, row in zip(panels[len(_TESTS) :], rows, strict=False):
        for summary, colour in ((chance[row.name], _CHANCE), (real[row.name], _REAL)):
            _band(panel, summary, colour)
        _draw(panel, f"{row.label}, {row.unit}" if row.unit else row.label, runs, _measured(row.name))
    for panel in panels[len(_TESTS) + len(rows) :]:
        panel.set_axis_off()
    handles = [*panels[0].get_lines()[: len(runs)]]
    figure.legend(handles, list(runs), loc="outside upper center", ncols=max(1, len(runs)), frameon=False)
    figure.supxlabel(
        "training step; green: real held-out music ± SD (dashed: music that was learned from), grey: chance",
        fontsize=9,
    )
    return picture_bytes(figure, kind)


def _measured(name: str) -> Callable[[Judgment], float | None]:
    return lambda judgment: None if judgment.comparison is None else judgment.comparison.set_b[name].mean


def _band(panel: Any, summary: MeasureSummary, colour: str) -> None:
    if summary.mean is None:
        return
    spread = summary.sd or 0.0
    panel.axhspan(summary.mean - spread, summary.mean + spread, color=colour, alpha=0.18, linewidth=0)
    panel.axhline(summary.mean, color=colour, linewidth=1.0)


def _draw(
    panel: Any, title: str, runs: Mapping[str, Sequence[Judgment]], value: Callable[[Judgment], float | None]
) -> None:
    panel.set_title(title, fontsize=9)
    panel.tick_params(labelsize=7)
    for (name, judgments), colour in zip(runs.items(), COLOURS * 4, strict=False):
        found = [(j.step, number) for j in judgments if (number := value(j)) is not None]
        panel.plot(
            [step for step, _ in found],
            [number for _, number in found],
            marker="o",
            markersize=3,
            linewidth=1.2,
            color=colour,
            label=name,
            zorder=3,
        )
    panel.set_xscale("symlog", linthresh=100)
