"""Measures of music: of one song, of a set of songs, and of chance beside them.

A value is good when it is close to that of the music the network learned from, neither
high nor low; show it beside a dataset's mean ± SD (`describe_set`) and beside chance
(`chance_score`). This room knows scores only, no files, networks or sound.
"""

from musicgen.statistics.chance import chance_score
from musicgen.statistics.copying import Baseline, CopyIndex, CopyReport, Passage
from musicgen.statistics.distributions import Divergence, divergence
from musicgen.statistics.features import SongFeatures, song_features
from musicgen.statistics.frechet import FrechetDistance, frechet_distance
from musicgen.statistics.measures import MEASURES, Measure, measure
from musicgen.statistics.sets import MeasureSummary, describe_set
from musicgen.statistics.song import SongStatistics, song_statistics
from musicgen.statistics.steps import Steps, steps_of
from musicgen.statistics.two_sample import TwoSampleTest, two_sample_test

__all__ = [
    "MEASURES",
    "Baseline",
    "CopyIndex",
    "CopyReport",
    "Divergence",
    "FrechetDistance",
    "Measure",
    "MeasureSummary",
    "Passage",
    "SongFeatures",
    "SongStatistics",
    "Steps",
    "TwoSampleTest",
    "chance_score",
    "describe_set",
    "divergence",
    "frechet_distance",
    "measure",
    "song_features",
    "song_statistics",
    "steps_of",
    "two_sample_test",
]
