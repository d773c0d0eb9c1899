"""Real music beside real music: what is alike must come out alike."""

import numpy as np
import pytest

from musicgen.corpus import chorales
from musicgen.midi import read_midi
from musicgen.statistics import (
    CopyIndex,
    chance_score,
    divergence,
    song_features,
    steps_of,
    two_sample_test,
)

PIECES = 80  # of some 350; enough for an interval of ± 8 %


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    all_of_them = [path for path in chorales._scores_of_corpus() if path.stem > "bwv253"]
    chosen = all_of_them[:: max(1, len(all_of_them) // PIECES)][:PIECES]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chorales, "_scores_of_corpus", lambda: iter(chosen))
        files = chorales.write_chorales(tmp_path_factory.mktemp("chorales"))
    return [read_midi(path) for path in files]


@pytest.fixture(scope="module")
def features(scores):
    return [song_features(score) for score in scores]


def test_it_tells_halves_of_the_chorales_no_better_than_by_chance(features):
    order = np.random.default_rng(0).permutation(len(features))
    halves = [[features[place] for place in part] for part in (order[::2], order[1::2])]
    found = two_sample_test(*halves)
    assert found.songs >= 35
    assert found.low < 0.5 < found.high


def test_it_tells_chorales_from_random_notes_in_the_same_rhythm(scores, features):
    chance = [song_features(chance_score(score, seed)) for seed, score in enumerate(scores)]
    found = two_sample_test(features, chance)
    assert found.accuracy > 0.97
    apart = divergence(*([song.statistics.scale_consistency for song in each] for each in (features, chance)))
    assert apart.overlap_a < 0.3


def test_it_finds_halves_of_the_chorales_alike_in_every_measure(features):
    for name in ("scale_consistency", "pitch_class_entropy", "average_polyphony", "pitch_classes_per_bar"):
        halves = [[getattr(song.statistics, name) for song in features[part::2]] for part in (0, 1)]
        assert divergence(*halves).overlap_a > 0.85, name


def test_it_knows_a_chorale_again(scores):
    index = CopyIndex.of([(score.title, steps_of(score)) for score in scores])
    whole = index.report(scores[5])
    assert whole.shared_percent == 100.0
    assert whole.passage.piece == scores[5].title
