"""What is usual in a set of pieces, and in their rhythms with pitches drawn at random."""

from collections.abc import Iterable
from typing import Final

import numpy as np

from musicgen.score import Score
from musicgen.statistics import song_statistics
from musicgen.statistics.chance import chance_score
from musicgen.statistics.measures import MEASURES

MOST_MEASURED: Final = 100  # pieces; the bands of more are the same
BAND_PERCENTILES: Final = (5.0, 95.0)
_CHANCE_SEED: Final = 1

Bands = dict[str, dict[str, list[float] | None]]


def bands_of(scores: Iterable[Score]) -> tuple[Bands, int]:
    """The 5th and 95th percentile of every measure, "data" and "chance"; None where fewer than two have one.

    Returns:
        The bands by the measure's name, and how many pieces were measured.
    """
    real, chance = [], []
    for number, score in enumerate(scores):
        real.append(song_statistics(score).to_json())
        chance.append(song_statistics(chance_score(score, _CHANCE_SEED + number)).to_json())
    bands: Bands = {
        measure.name: {"data": _band(real, measure.name), "chance": _band(chance, measure.name)}
        for measure in MEASURES
    }
    return bands, len(real)


def spread(count: int) -> slice:
    """Which of so many pieces to measure: `MOST_MEASURED` at most, spread over them all."""
    return slice(None, None, max(1, -(-count // MOST_MEASURED)))


def _band(pieces: list[dict[str, float | None]], name: str) -> list[float] | None:
    values = [value for piece in pieces if (value := piece[name]) is not None]
    if len(values) < 2:
        return None
    return [round(float(value), 4) for value in np.percentile(values, BAND_PERCENTILES)]
