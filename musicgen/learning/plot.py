"""The picture of a run: loss against step. Knows lines of metrics, nothing else."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


def loss_plot(metrics: Sequence[Mapping[str, Any]], *, unigram: float | None = None) -> tuple[bytes, bytes]:
    """Draw training and validation loss.

    Args:
        metrics: lines of metrics.jsonl, in order.
        unigram: nats per token of the unigram baseline, drawn as a level.

    Returns:
        The picture as SVG and as PNG; equal metrics give equal bytes.
    """
    figure = Figure(figsize=(7.2, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for key, label, width, marker, colour in (
        ("train_loss", "training", 1.0, "", "#7a9cc6"),
        ("validation_loss", "validation", 2.0, "o", "#b03a2e"),
    ):
        lines = [line for line in metrics if key in line]
        if lines:
            axes.plot(
                [line["step"] for line in lines],
                [line[key] for line in lines],
                label=label,
                linewidth=width,
                marker=marker,
                color=colour,
            )
    if unigram is not None:
        axes.axhline(unigram, label="unigram baseline", linestyle="--", linewidth=1.0, color="#555555")
    axes.set_xlabel("step")
    axes.set_ylabel("nats per token")
    axes.grid(visible=True, alpha=0.3)
    if axes.get_legend_handles_labels()[0]:
        axes.legend()
    # Names inside an SVG are random and it carries the date, unless told otherwise.
    with mpl.rc_context({"svg.hashsalt": "musicgen"}):
        return _drawn(figure, "svg", {"Date": None}), _drawn(figure, "png", {"Software": None})


def _drawn(figure: Figure, kind: str, metadata: Mapping[str, Any]) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=110, metadata=dict(metadata))
    return buffer.getvalue()
