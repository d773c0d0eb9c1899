from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from musicgen.learning.checkpoint import load_network
from musicgen.sampling import SamplingSettings
from musicgen.sampling.composer import Composer
from tests.musicgen.sampling.untrained import STEADY, VOCABULARY, written

SHORT = SamplingSettings(seed=3, length_seconds=20.0)


@pytest.fixture(scope="module")
def composer(tmp_path_factory: pytest.TempPathFactory) -> Composer:
    return Composer(written(tmp_path_factory.mktemp("weights") / "untrained", **STEADY))


def test_it_composes_the_same_from_the_same_seed(composer: Composer) -> None:
    first, second = composer.compose(SHORT), composer.compose(SHORT)
    np.testing.assert_array_equal(first.tokens, second.tokens)
    assert first.score == second.score
    other = composer.compose(SamplingSettings(seed=4, length_seconds=20.0))
    assert not np.array_equal(other.tokens, first.tokens)


@pytest.mark.parametrize("seed", range(6))
def test_it_writes_only_what_the_grammar_allows(composer: Composer, seed: int) -> None:
    made = composer.compose(SamplingSettings(seed=seed, length_seconds=30.0, temperature=3.0, top_p=1.0))
    assert VOCABULARY.grammar().is_legal(made.tokens)
    assert made.tokens[0] == VOCABULARY.bos
    assert made.note_count == made.score.note_count > 0


@pytest.mark.parametrize("length_seconds", [10.0, 45.0])
def test_it_ends_near_the_length_asked_for(composer: Composer, length_seconds: float) -> None:
    for seed in range(4):
        made = composer.compose(SamplingSettings(seed=seed, length_seconds=length_seconds))
        assert made.finished in ("eos", "length")
        assert made.tokens[-1] == VOCABULARY.eos
        beats = VOCABULARY.ticks_of_token[made.tokens].sum() / VOCABULARY.grid_per_quarter
        onset_seconds = beats * 60 / VOCABULARY.tempo_of(made.tokens)
        assert 0.75 * length_seconds <= onset_seconds <= 1.25 * length_seconds
        assert made.seconds == made.score.duration_seconds >= 0.75 * length_seconds


def test_it_keeps_a_piece_from_ending_too_early(tmp_path: Path) -> None:
    hasty = Composer(written(tmp_path / "hasty", end=30.0))
    made = hasty.compose(SHORT)
    assert made.finished == "eos"
    assert made.seconds >= 0.8 * 20.0


def test_it_plays_at_the_tempo_asked_for(composer: Composer) -> None:
    made = composer.compose(SamplingSettings(seed=3, length_seconds=20.0, tempo_bpm=77.0))
    assert made.tokens[1] == VOCABULARY.tempo_token(77.0)
    assert [tempo.tempo_bpm for tempo in made.score.tempos] == [77.0]
    beats = VOCABULARY.ticks_of_token[made.tokens].sum() / VOCABULARY.grid_per_quarter
    assert 0.75 * 20 <= beats * 60 / 77.0 <= 1.25 * 20


def test_it_tells_how_far_it_is_and_stops_when_asked(composer: Composer) -> None:
    told: list[float] = []
    whole = composer.compose(SamplingSettings(seed=3, length_seconds=600.0), on_progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 3
    cut = composer.compose(
        SamplingSettings(seed=3, length_seconds=600.0), should_stop=iter([False, True]).__next__
    )
    assert cut.finished == "cancelled"
    np.testing.assert_array_equal(cut.tokens, whole.tokens[: len(cut.tokens)])


def test_it_marks_a_take_that_is_stuck_after_drawing_it_anew(tmp_path: Path) -> None:
    stuck = Composer(written(tmp_path / "stuck", **{"pitch 60": 80.0, "shift 24/24": 60.0, "duration": 60.0}))
    made = stuck.compose(SamplingSettings(seed=1, length_seconds=60.0, tempo_bpm=120.0))
    assert made.stuck
    assert made.stuck_reason is not None
    assert "60" in made.stuck_reason
    assert made.takes == 2


def test_it_composes_what_a_plain_reading_finds_likeliest(composer: Composer, tmp_path: Path) -> None:
    folder = written(tmp_path / "untrained", **STEADY)
    made = composer.compose(SamplingSettings(top_k=1, length_seconds=10.0))
    logits = keras.ops.convert_to_numpy(load_network(folder)(made.tokens[None, :-1])[0])[0]
    grammar = VOCABULARY.grammar()
    allowed = grammar.allowed[grammar.states_along(made.tokens)[1:-1]][:, grammar.token_class]
    logits = np.where(allowed, logits, -np.inf)
    logits[:, VOCABULARY.eos] = -np.inf  # it is kept from ending, and then cut
    np.testing.assert_array_equal(logits.argmax(axis=1)[:-1], made.tokens[1:-1])
