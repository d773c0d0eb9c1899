"""Two-sample test and Fréchet distance: alike where sets are alike, apart where they are not."""

from functools import lru_cache

import numpy as np
import pytest

from musicgen.score import Score
from musicgen.statistics import SongStatistics, frechet_distance, song_features, two_sample_test
from musicgen.statistics.features import FEATURE_MEASURES, FEATURE_NAMES, feature_table
from musicgen.statistics.two_sample import wilson_interval
from tests.musicgen.statistics.made_songs import walk


@lru_cache
def songs(first, count, widest=2):
    return [song_features(walk(seed, widest=widest)) for seed in range(first, first + count)]


def test_it_lays_a_song_out_as_a_row_of_named_numbers():
    table = feature_table([*songs(0, 2), song_features(Score())])
    assert table.shape == (3, len(FEATURE_NAMES))
    row = dict(zip(FEATURE_NAMES, table[0], strict=True))
    assert row["tone_span"] == songs(0, 2)[0].statistics.tone_span
    assert sum(row[f"interval {step:+d}"] for step in range(-2, 3)) == pytest.approx(1.0)
    assert row["wait 2"] + row["wait 4"] == pytest.approx(1.0)
    assert sum(value for name, value in row.items() if "interval pair" in name) == pytest.approx(1.0)
    assert np.isnan(table[2, : len(FEATURE_MEASURES)]).all()
    assert not table[2, len(FEATURE_MEASURES) :].any()


def test_it_tells_no_difference_where_there_is_none():
    found = two_sample_test(songs(0, 60), songs(60, 60))
    assert found.low < 0.5 < found.high
    assert not found.told_apart
    assert found.songs == 60


def test_it_tells_two_styles_apart_and_by_what():
    found = two_sample_test(songs(0, 40), songs(100, 60, widest=3))
    assert found.songs == 40
    assert found.accuracy > 0.9
    assert found.to_json()["told_apart"] is True
    assert any("interval" in name or "entropy" in name for name in found.telling)


def test_it_answers_the_same_for_the_same_seed():
    a, b = songs(0, 12), songs(60, 15)
    assert two_sample_test(a, b, seed=1) == two_sample_test(a, b, seed=1)


def test_it_says_that_a_set_is_too_small_to_test():
    found = two_sample_test(songs(0, 9), songs(9, 30))
    assert found.accuracy is None
    assert "fewer than 10" in found.reason


def test_it_gives_wilsons_interval():
    # The textbook's: 8 of 10.
    assert wilson_interval(0.8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson_interval(1.0, 10)[1] == pytest.approx(1.0)


def rows(values, **more):
    return [SongStatistics(tone_span=float(value), **more) for value in values]


def test_it_measures_the_distance_of_two_normal_sets():
    a = np.array([-1.0, 1.0, -1.0, 1.0])
    found = frechet_distance(rows(a), rows(3 * a + 5), seed=0)
    sd = np.sqrt(4 / 3)
    # In one dimension: (difference of means)² + (difference of standard deviations)², in SDs of A.
    assert found.distance == pytest.approx((5 / sd) ** 2 + (3 - 1) ** 2)
    assert "polyphony" in found.left_out
    assert "tone_span" not in found.left_out


def test_it_is_zero_for_a_set_and_itself_and_small_for_halves():
    statistics = [song.statistics for song in songs(0, 60)]
    assert frechet_distance(statistics, statistics).distance == pytest.approx(0.0, abs=1e-6)
    other = [song.statistics for song in songs(100, 60, widest=3)]
    found = frechet_distance(statistics, other)
    assert found.distance > found.within > 0


def test_it_reports_measures_without_spread_and_sets_without_measure():
    constant = rows([1, 1, 1])
    assert frechet_distance(constant, rows([1, 2])).reason == "no measure varies within set A"
    assert "fewer than 2" in frechet_distance(rows([1]), rows([1, 2])).reason
    missing = [*rows([1, 2, 3, 4]), SongStatistics()]
    assert frechet_distance(missing, missing).distance == pytest.approx(0.0, abs=1e-9)
