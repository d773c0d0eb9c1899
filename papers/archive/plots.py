"""Plots as SVG and PDF: the measures of each checkpoint's songs, and likelihood against the step.

Loads matplotlib; only for jobs.
"""

import io
from collections.abc import Sequence
from typing import Final

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from generator.models import Song
from musicgen.statistics.measures import MEASURES
from papers.archive.tables import HUMAN, groups_of, values_of
from training.cards import split_figure
from training.models import Checkpoint

_COLUMNS: Final = 4
_PANEL_INCHES: Final = (3.0, 2.2)
_NO_DATES: Final[dict[str, dict[str, None]]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}


def all_plots(songs: Sequence[Song], checkpoints: Sequence[Checkpoint]) -> dict[str, dict[str, bytes]]:
    """Every plot by its file's name: the bytes by kind, "svg" and "pdf"."""
    figures = {"measures": _measures(songs)}
    losses = _likelihood(checkpoints)
    if losses is not None:
        figures["likelihood"] = losses
    return {name: {kind: _drawn(figure, kind) for kind in _NO_DATES} for name, figure in figures.items()}


def _measures(songs: Sequence[Song]) -> Figure:
    """A panel a measure: every song a dot, the median a line, human music as a band of quartiles."""
    shown = [measure for measure in MEASURES if not measure.published]
    groups = groups_of(songs)
    names = [name for name in groups if name != HUMAN]
    rows = -(-len(shown) // _COLUMNS)
    width = _COLUMNS * max(_PANEL_INCHES[0], 0.35 * len(names))
    figure = Figure(figsize=(width, rows * _PANEL_INCHES[1] + 0.1 * max(map(len, names), default=0)))
    figure.set_layout_engine("constrained")
    panels = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
    for measure, panel in zip(shown, panels, strict=False):
        panel.set_title(f"{measure.label} ({measure.unit})" if measure.unit else measure.label, fontsize=8)
        panel.tick_params(labelsize=6)
        human = values_of(groups.get(HUMAN, []), measure)
        if human:
            low, middle, high = np.percentile(human, [25, 50, 75])
            panel.axhspan(low, high, color="#d7e3d4", zorder=0)
            panel.axhline(middle, color="#5d8a57", linewidth=0.8, zorder=1)
        for place, name in enumerate(names):
            values = values_of(groups[name], measure)
            if values:
                panel.plot([place] * len(values), values, ".", color="#2a6f97", alpha=0.5, markersize=4)
                panel.plot([place - 0.3, place + 0.3], [np.median(values)] * 2, color="#b03a2e")
        panel.set_xticks(range(len(names)), names, rotation=60, ha="right", fontsize=5)
    for panel in panels[len(shown) :]:
        panel.set_axis_off()
    return figure


def _likelihood(checkpoints: Sequence[Checkpoint]) -> Figure | None:
    """Held-out nats per token against the training step; None where no checkpoint has any."""
    lines: dict[str, list[tuple[int, float]]] = {}
    for checkpoint in checkpoints:
        nats = split_figure(checkpoint.metrics, "validation")
        if nats is not None:
            owner = f"run {checkpoint.run_id}" if checkpoint.run_id else checkpoint.network
            lines.setdefault(f"{owner} ({checkpoint.representation})", []).append((checkpoint.step, nats))
    if not lines:
        return None
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.add_subplot()
    for name, points in lines.items():
        steps, values = zip(*sorted(points), strict=True)
        axes.plot(steps, values, marker="o", label=name)
    axes.set_xlabel("training step")
    axes.set_ylabel("validation, nats per token")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(fontsize=8)
    return figure


def _drawn(figure: Figure, kind: str) -> bytes:
    stream = io.BytesIO()
    # Random ids and dates would make every file another.
    with mpl.rc_context({"svg.hashsalt": "musicgen", "svg.fonttype": "path", "pdf.fonttype": 3}):
        figure.savefig(stream, format=kind, metadata=_NO_DATES[kind])
    return stream.getvalue()
