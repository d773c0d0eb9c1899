"""How near made sequences are to real ones, by the nine figures of C-RNN-GAN's table.

Knows scores and their measures; no networks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np

from musicgen.representation import Tones
from musicgen.score import Notes, Score
from musicgen.statistics import song_statistics

# The paper's measures, each corrected and as its published code has it (where they differ).
ROWS: Final = (
    "scale_consistency",
    "published_scale_consistency",
    "tone_span",
    "unique_tones",
    "intensity_span",
    "polyphony",
    "published_polyphony",
    "three_tone_repetitions",
    "published_three_tone_repetitions",
)
_LEAST_SPREAD: Final = 1e-3  # of a row that is the same in all real sequences

Quartiles = dict[str, list[float]]


def quartiles(scores: Iterable[Score]) -> Quartiles:
    """First quartile, median and third quartile of each row; rows that no score has are left out.

    Args:
        scores: of equal length in notes, or the rows do not compare.
    """
    measured = [song_statistics(score) for score in scores]
    result = {}
    for row in ROWS:
        values = [value for one in measured if (value := getattr(one, row)) is not None]
        if values:
            result[row] = [float(value) for value in np.percentile(values, [25, 50, 75])]
    return result


def rows_inside(made: Mapping[str, list[float]], real: Mapping[str, list[float]]) -> list[str]:
    """The rows whose median lies between the quartiles of real music."""
    return [
        row for row in ROWS if row in made and row in real and real[row][0] <= made[row][1] <= real[row][2]
    ]


def distance(made: Mapping[str, list[float]], real: Mapping[str, list[float]]) -> float:
    """Mean over the rows of how far the medians are apart, in interquartile ranges of real music.

    A row that the made music lacks counts as 3 apart; none counts for more.
    """
    apart = []
    for row in (row for row in ROWS if row in real):
        low, middle, high = real[row]
        spread = max(high - low, _LEAST_SPREAD)
        apart.append(min(3.0, abs(made[row][1] - middle) / spread) if row in made else 3.0)
    return float(np.mean(apart))


def scores_of(cells: Any, tones: Tones, notes: int) -> list[Score]:
    """Sequences of cells as scores of at most so many notes each.

    Args:
        cells: float (sequences, cells, numbers).
        tones: their scaling.
        notes: the first ones are taken.
    """
    return [_first_notes(tones.decode(sequence), notes) for sequence in np.asarray(cells)]


def _first_notes(score: Score, count: int) -> Score:
    part = score.parts[0]
    columns = ("start_ticks", "pitch", "duration_ticks", "velocity", "cents")
    kept = Notes(*(getattr(part.notes, name)[:count] for name in columns))
    return replace(score, parts=(replace(part, notes=kept),))
