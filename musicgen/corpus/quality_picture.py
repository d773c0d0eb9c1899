"""The picture of a dataset's report: how measures are spread, and which keys, meters and so on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from matplotlib.figure import Figure

from musicgen.statistics import MEASURES
from musicgen.statistics.pictures import COLOURS, COLUMNS, picture_bytes

_COUNTS: Final = ("keys", "meters", "programs", "composers", "styles", "licences")
_BARS: Final = 10  # of each table of counts
_PANEL_INCHES: Final = (3.2, 2.2)
_LONGEST_LABEL: Final = 24  # letters


def draw_quality(report: Mapping[str, Any], kind: str = "svg") -> bytes:
    """Draw a report of `musicgen.corpus.quality`.

    Args:
        report: as it was written.
        kind: "svg" or "png".
    """
    measures = [row for row in MEASURES if not row.published and report["measures"][row.name]["count"]]
    tables = [name for name in _COUNTS if report[name]]
    height = -(-(len(measures) + len(tables) + 1) // COLUMNS)
    figure = Figure(figsize=(COLUMNS * _PANEL_INCHES[0], height * _PANEL_INCHES[1]), layout="constrained")
    panels = iter(figure.subplots(height, COLUMNS, squeeze=False).ravel())
    verdicts = [
        ("taken", report["taken"]),
        ("equal files", report["duplicates"]["equal_files"]),
        ("equal notes", report["duplicates"]["equal_notes"]),
        *((f"refused: {reason}", count) for reason, count in report["refused"]["kinds"]),
    ]
    _bars(next(panels), "files", verdicts)
    for name in tables:
        _bars(next(panels), name, report[name])
    for row in measures:
        panel = next(panels)
        histogram = report["measures"][row.name]["histogram"]
        panel.stairs(histogram["counts"], histogram["edges"], fill=True, color=COLOURS[0])
        panel.set_title(row.label, fontsize=9)
        panel.set_xlabel(row.unit, fontsize=8)
        panel.tick_params(labelsize=7)
    for panel in panels:
        panel.set_axis_off()
    return picture_bytes(figure, kind)


def _bars(panel: Any, title: str, counts: Sequence[tuple[str, int]]) -> None:
    rows = counts[:_BARS]
    # A dollar sign would start a formula.
    labels = [name[:_LONGEST_LABEL].replace("$", r"\$") for name, _ in rows]
    panel.barh(range(len(rows)), [count for _, count in rows], color=COLOURS[1])
    panel.set_yticks(range(len(rows)), labels)
    panel.invert_yaxis()
    panel.set_title(title, fontsize=9)
    panel.tick_params(labelsize=7)
