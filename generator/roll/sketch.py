"""A song in a few strokes: the little picture on its card, kept with the song as the path of an SVG."""

from typing import Final

import numpy as np

from musicgen.score import Score

SKETCH_WIDTH: Final = 240  # units of the view box, which cards stretch as they need
SKETCH_HEIGHT: Final = 48
MOST_STROKES: Final = 120  # of the longest notes; more cannot be told apart at that size
_FEWEST_ROWS: Final = 18  # pitches; a drone is not drawn as tall as the card


def sketch_path(score: Score) -> str:
    """The notes of a score as horizontal strokes: "M3 20h5M9 22h4…"; empty without notes.

    Drums are left out, so that the melody is seen.
    """
    notes = score.all_notes(drums=False)
    if not len(notes):
        return ""
    starts = score.seconds_at(notes.start_ticks)
    ends = score.seconds_at(notes.end_ticks)
    order = np.argsort(starts - ends, kind="stable")[:MOST_STROKES]
    if len(notes) > MOST_STROKES:  # as many from each stretch of time, so that no part is empty
        order = np.linspace(0, len(notes) - 1, MOST_STROKES).astype(int)
    low, high = int(notes.pitch.min()), int(notes.pitch.max())
    rows = max(_FEWEST_ROWS, high - low)
    middle = (low + high) / 2
    scale = (SKETCH_WIDTH - 4) / max(score.duration_seconds, 0.1)
    strokes = []
    for index in sorted(order.tolist()):
        x = round(2 + starts[index] * scale)
        y = round(SKETCH_HEIGHT / 2 - (notes.pitch[index] - middle) / rows * (SKETCH_HEIGHT - 8))
        strokes.append(f"M{x} {y}h{max(1, round((ends[index] - starts[index]) * scale))}")
    return "".join(dict.fromkeys(strokes))
