"""How far a training of C-RNN-GAN is: the lines of its metrics.jsonl, and their picture. Loads no Keras."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class AdversarialProgress:
    """One line of metrics.jsonl.

    Attributes:
        step, total_steps: batches learned, and of the whole training.
        epoch: passes over the training cells, as a fraction.
        phase: "pretraining" or "game".
        train_loss: next-event loss on the training pieces while pretraining: mean since the line before.
        generator_loss, discriminator_loss: of the game, likewise.
        validation_loss: next-event loss on the validation pieces, on lines of an evaluation: nats a
            cell, or squared error a number without a mixture.
        learning_rate: the generator's at this step.
        tokens_per_second: cells learned since the line before; 0 on lines of an evaluation.
        seconds: spent training, over all times it was started.
        at: ISO 8601, UTC.
        distance: of the samples from the validation pieces, in interquartile ranges.
        rows_inside: how many of the nine rows lie between the quartiles of the validation pieces.
        samples: quartiles of each row over samples made from fixed seeds.
        data: the same of the validation pieces.
        checkpoint: name of the checkpoint written.
    """

    step: int
    total_steps: int
    epoch: float
    phase: str
    learning_rate: float
    tokens_per_second: float
    seconds: float
    at: str
    train_loss: float | None = None
    generator_loss: float | None = None
    discriminator_loss: float | None = None
    validation_loss: float | None = None
    distance: float | None = None
    rows_inside: int | None = None
    samples: dict[str, list[float]] | None = None
    data: dict[str, list[float]] | None = None
    checkpoint: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The line without what it does not tell."""
        return {name: value for name, value in asdict(self).items() if value is not None}


_CURVES = (
    (0, "train_loss", "next event, training", "", "#7a9cc6"),
    (0, "validation_loss", "next event, validation", "o", "#b03a2e"),
    (1, "generator_loss", "generator", "", "#2e7d5b"),
    (1, "discriminator_loss", "discriminator", "", "#8a4fbf"),
    (2, "distance", "samples from data", "o", "#b5651d"),
)
_LABELS = ("next-event loss", "loss in the game", "distance,\ninterquartile ranges")


def losses_plot(metrics: Sequence[Mapping[str, Any]]) -> tuple[bytes, bytes]:
    """Draw the losses of both networks, and how far samples are from the data.

    Args:
        metrics: lines of metrics.jsonl, in order.

    Returns:
        The picture as SVG and as PNG; equal metrics give equal bytes.
    """
    figure = Figure(figsize=(7.2, 7.2), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(_LABELS), sharex=True)
    for panel, key, label, marker, colour in _CURVES:
        lines = [line for line in metrics if key in line]
        steps, values = [line["step"] for line in lines], [line[key] for line in lines]
        panels[panel].plot(steps, values, label=label, marker=marker, color=colour, linewidth=1.5)
    for panel, label in zip(panels, _LABELS, strict=True):
        panel.set_ylabel(label)
        panel.grid(visible=True, alpha=0.3)
        panel.legend()
    panels[-1].set_xlabel("step")
    # Names inside an SVG are random and it carries the date, unless told otherwise.
    with mpl.rc_context({"svg.hashsalt": "musicgen"}):
        return _drawn(figure, "svg", {"Date": None}), _drawn(figure, "png", {"Software": None})


def _drawn(figure: Figure, kind: str, metadata: Mapping[str, Any]) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=110, metadata=dict(metadata))
    return buffer.getvalue()
