"""A set of songs in figures: mean and spread of every measure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import numpy as np

from musicgen.statistics.measures import MEASURES
from musicgen.statistics.song import SongStatistics


@dataclass(frozen=True, slots=True)
class MeasureSummary:
    """One measure over a set of songs.

    Attributes:
        count: songs for which the measure is defined.
        mean: over those songs; None without any.
        sd: sample standard deviation (n − 1); None with fewer than two.
    """

    count: int
    mean: float | None
    sd: float | None

    def to_json(self) -> dict[str, float | int | None]:
        """Count, mean and SD, ready for JSON."""
        return asdict(self)


def describe_set(songs: Iterable[SongStatistics]) -> dict[str, MeasureSummary]:
    """Mean ± SD of every measure over a set of songs.

    Songs for which a measure is not defined are left out of that measure only.

    Args:
        songs: the statistics of each song; may be empty.

    Returns:
        A summary for each name in `MEASURES`, in its order.
    """
    rows = list(songs)
    return {row.name: _summary([getattr(song, row.name) for song in rows]) for row in MEASURES}


def _summary(values: list[float | None]) -> MeasureSummary:
    defined = np.array([value for value in values if value is not None], dtype=np.float64)
    return MeasureSummary(
        count=len(defined),
        mean=float(defined.mean()) if len(defined) else None,
        sd=float(defined.std(ddof=1)) if len(defined) > 1 else None,
    )
