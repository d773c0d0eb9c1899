"""Sets of songs in figures, and the yardstick of chance."""

import numpy as np
import pytest

from musicgen.score import Notes, Part, Score
from musicgen.statistics import SongStatistics, chance_score, describe_set, song_statistics


def piece(size=200):
    notes = Notes(np.arange(size) * 240, [60, 62, 64, 65] * (size // 4), [240] * size, [64] * size)
    return Score((Part(notes, program=5), Part(notes, is_drum=True)), title="a piece")


def test_it_describes_a_set_by_mean_and_sample_deviation():
    songs = [SongStatistics(polyphony=value) for value in (10.0, 20.0, 60.0)]
    summary = describe_set(songs)["polyphony"]
    assert (summary.count, summary.mean) == (3, 30.0)
    assert summary.sd == pytest.approx(np.sqrt((400 + 100 + 900) / 2))


def test_it_leaves_undefined_values_out():
    summary = describe_set([SongStatistics(polyphony=10.0), SongStatistics()])
    assert (summary["polyphony"].count, summary["polyphony"].mean, summary["polyphony"].sd) == (1, 10.0, None)
    assert summary["tone_span"].to_json() == {"count": 0, "mean": None, "sd": None}
    assert describe_set([])["polyphony"].mean is None


def test_it_draws_pitches_by_chance_and_keeps_the_rest():
    score = piece()
    chance = chance_score(score, seed=1)
    assert chance == chance_score(score, seed=1)
    assert chance != chance_score(score, seed=2)
    original, drawn = score.parts[0].notes, chance.parts[0].notes
    assert np.array_equal(original.start_ticks, drawn.start_ticks)
    assert np.array_equal(original.duration_ticks, drawn.duration_ticks)
    assert 21 <= drawn.pitch.min() < drawn.pitch.max() <= 108
    assert chance.parts[1] == score.parts[1]
    assert (chance.title, chance.parts[0].program) == ("a piece", 5)


def test_it_puts_chance_where_the_literature_has_it():
    values = [song_statistics(chance_score(piece(), seed=seed)).scale_consistency for seed in range(20)]
    assert 62.0 < np.mean(values) < 69.0
