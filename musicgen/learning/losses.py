"""A run's losses by step, thinned: small enough to lie beside weights that are handed on. Loads no Keras."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

LOSSES_NAME: Final = "losses.json"
KINDS: Final = ("train_loss", "validation_loss", "generator_loss", "discriminator_loss")
MOST_POINTS: Final = 120  # of each kind: a picture of it is not wider

Curves = dict[str, list[tuple[int, float]]]


def loss_curves(lines: Iterable[Mapping[str, Any]], most: int = MOST_POINTS) -> Curves:
    """The losses that lines of metrics hold, by kind, ascending by step.

    Args:
        lines: each with its "step"; a step that was trained again after a stop counts as it was last.
        most: points of each kind that are kept, evenly spaced in the logarithm of steps: what
            happens early happens fast. The first and the last are always among them.
    """
    found: dict[str, dict[int, float]] = {kind: {} for kind in KINDS}
    for line in lines:
        for kind in KINDS:
            value = line.get(kind)
            if isinstance(value, int | float) and math.isfinite(value):
                found[kind][int(line["step"])] = float(value)
    return {kind: thinned(sorted(points.items()), most) for kind, points in found.items() if points}


def losses_file(run: Path) -> dict[str, bytes]:
    """The file to hand on with a run's weights, by its name; nothing where the run kept no metrics."""
    try:
        lines = read_metrics(run / "metrics.jsonl")
    except FileNotFoundError:
        return {}
    curves = {
        kind: [(step, round(value, 5)) for step, value in points]
        for kind, points in loss_curves(lines).items()
    }
    return {LOSSES_NAME: json.dumps(curves).encode() + b"\n"}


def thinned(points: Sequence[tuple[int, float]], most: int) -> list[tuple[int, float]]:
    """At most so many of the points, evenly spaced in the logarithm of their steps."""
    if len(points) <= most:
        return list(points)
    places = [math.log1p(step) for step, _ in points]
    low, width = places[0], places[-1] - places[0]
    slots: dict[int, tuple[int, float]] = {}
    for point, place in zip(points, places, strict=True):
        slots[round((place - low) / width * (most - 1))] = point
    return [points[0], *(point for slot, point in sorted(slots.items()) if slot)]


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a metrics.jsonl; a line cut off by a crash is left out.

    Raises:
        OSError: it cannot be read.
    """
    lines = []
    for text in path.read_text(encoding="utf-8").splitlines():
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if isinstance(line, dict) and isinstance(line.get("step"), int):
            lines.append(line)
    return lines
