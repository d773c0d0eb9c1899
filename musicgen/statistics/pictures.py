"""Pictures of measures: how they are spread in one set of songs or in several.

Drawn without a screen and without matplotlib's global state; the same figures give the same
bytes. This module loads matplotlib, the rest of the room does not.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from musicgen.statistics.measures import MEASURES, Measure
from musicgen.statistics.song import SongStatistics

COLOURS: Final = ("#2a6f97", "#d97706", "#6b7280", "#7c3aed")  # told apart by the colour-blind too
COLUMNS: Final = 4
_PANEL_INCHES: Final = (3.0, 2.1)
_BINS: Final = 30


def draw_measures(sets: Mapping[str, Sequence[SongStatistics]], kind: str = "svg") -> bytes:
    """Histograms of every measure but the published faulty ones, a panel each.

    Args:
        sets: by the name that the legend gives them, at most four.
        kind: "svg" or "png".

    Returns:
        The picture's file.
    """
    rows = [row for row in MEASURES if not row.published]
    height = -(-len(rows) // COLUMNS)
    figure = Figure(figsize=(COLUMNS * _PANEL_INCHES[0], height * _PANEL_INCHES[1]), layout="constrained")
    panels = figure.subplots(height, COLUMNS, squeeze=False).ravel()
    for row, panel in zip(rows, panels, strict=False):
        _draw(panel, row, sets)
    for panel in panels[len(rows) :]:
        panel.set_axis_off()
    handles = [mpl.patches.Patch(color=colour) for _, colour in zip(sets, COLOURS, strict=False)]
    figure.legend(handles, list(sets), loc="outside upper center", ncols=len(sets), frameon=False)
    return picture_bytes(figure, kind)


def _draw(panel: Any, row: Measure, sets: Mapping[str, Sequence[SongStatistics]]) -> None:
    panel.set_title(row.label, fontsize=9)
    panel.set_xlabel(row.unit, fontsize=8)
    panel.tick_params(labelsize=7)
    panel.set_yticks([])
    values = {
        name: np.array([v for song in songs if (v := getattr(song, row.name)) is not None], dtype=np.float64)
        for name, songs in sets.items()
    }
    everything = np.concatenate([np.zeros(0), *values.values()])
    if not len(everything):
        panel.text(0.5, 0.5, "not defined", ha="center", va="center", transform=panel.transAxes, fontsize=8)
        return
    low, high = np.percentile(everything, [0.5, 99.5])  # a few giants must not squeeze the rest
    edges = np.linspace(low, high if high > low else low + 1, _BINS + 1)
    for colour, found in zip(COLOURS, values.values(), strict=False):
        if len(found):
            shares = np.ones(len(found)) / len(found)
            clipped = np.clip(found, edges[0], edges[-1])
            panel.hist(clipped, edges, weights=shares, color=colour, alpha=0.45, histtype="stepfilled")


def picture_bytes(figure: Figure, kind: str) -> bytes:
    """A figure's file, the same bytes for the same figure."""
    stream = io.BytesIO()
    # Dates and random ids would make every file another.
    with mpl.rc_context({"svg.hashsalt": "musicgen", "svg.fonttype": "path"}):
        metadata = {"Date": None} if kind == "svg" else {"Software": None}
        figure.savefig(stream, format=kind, metadata=metadata, dpi=110)
    return stream.getvalue()
