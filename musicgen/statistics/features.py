"""A song as one row of numbers, for classifiers and distances between sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from musicgen.score import Float64Array, Score
from musicgen.statistics.measures import MEASURES, Measure
from musicgen.statistics.song import SongStatistics, song_statistics
from musicgen.statistics.steps import steps_of

# How many notes and seconds a song has says what was asked for, not how it was composed, and
# another project's faulty formulas say nothing new.
FEATURE_MEASURES: Final[tuple[Measure, ...]] = tuple(
    row for row in MEASURES if not row.published and row.name not in ("note_count", "duration_seconds")
)
_LARGEST_INTERVAL: Final = 12  # semitones; larger ones count with it
_LONGEST_WAIT: Final = 16  # sixteenths; longer ones count with it
_INTERVALS: Final = 2 * _LARGEST_INTERVAL + 1
_WAITS: Final = _LONGEST_WAIT + 1
_CLASSES: Final = 12  # intervals within the octave, for pairs of them
_PAIR_WAITS: Final = 6  # waits of 0 to 4 sixteenths, and longer, for pairs of them
_NGRAM_NAMES: Final = (
    *(f"interval {step:+d}" for step in range(-_LARGEST_INTERVAL, _LARGEST_INTERVAL + 1)),
    *(f"wait {wait}" for wait in range(_WAITS)),
    *(f"interval pair {pair // _CLASSES}, {pair % _CLASSES}" for pair in range(_CLASSES**2)),
    *(f"wait pair {pair // _PAIR_WAITS}, {pair % _PAIR_WAITS}" for pair in range(_PAIR_WAITS**2)),
)
# The columns of `feature_table`.
FEATURE_NAMES: Final = (*(row.name for row in FEATURE_MEASURES), *_NGRAM_NAMES)


@dataclass(frozen=True, slots=True, eq=False)
class SongFeatures:
    """What is known of a song.

    Attributes:
        statistics: its measures.
        ngrams: float32 (222,): shares of the intervals, of the waits between notes, of the
            pairs of successive intervals and of successive waits. Each kind sums to 1, or to
            0 where a song is too short for it.
    """

    statistics: SongStatistics
    ngrams: npt.NDArray[np.float32]


def song_features(score: Score) -> SongFeatures:
    """Measure a song and count its short figures."""
    steps = steps_of(score)
    intervals = np.clip(steps.intervals, -_LARGEST_INTERVAL, _LARGEST_INTERVAL) + _LARGEST_INTERVAL
    classes = steps.intervals % _CLASSES
    waits = np.minimum(steps.waits, _LONGEST_WAIT)
    pair_waits = np.minimum(steps.waits, _PAIR_WAITS - 1)
    counts = [
        np.bincount(intervals, minlength=_INTERVALS),
        np.bincount(waits, minlength=_WAITS),
        np.bincount(classes[:-1] * _CLASSES + classes[1:], minlength=_CLASSES**2),
        np.bincount(pair_waits[:-1] * _PAIR_WAITS + pair_waits[1:], minlength=_PAIR_WAITS**2),
    ]
    shares = np.concatenate([count / max(1, count.sum()) for count in counts])
    return SongFeatures(song_statistics(score), shares.astype(np.float32))


def measure_table(songs: Sequence[SongStatistics]) -> Float64Array:
    """float64 (songs, measures) of `FEATURE_MEASURES`; NaN where a measure is not defined."""
    rows = [[getattr(song, row.name) for row in FEATURE_MEASURES] for song in songs]
    return np.array(rows, dtype=np.float64).reshape(len(songs), len(FEATURE_MEASURES))


def feature_table(songs: Sequence[SongFeatures]) -> Float64Array:
    """float64 (songs, measures + n-grams); NaN where a measure is not defined."""
    measures = measure_table([song.statistics for song in songs])
    ngrams = np.array([song.ngrams for song in songs], np.float64).reshape(len(songs), len(_NGRAM_NAMES))
    return np.concatenate([measures, ngrams], axis=1)
