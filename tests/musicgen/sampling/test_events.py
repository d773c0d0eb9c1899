"""Events: wishes by the attributes at the front, gaps filled, melodies accompanied."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from musicgen.representation import EventVocabulary
from musicgen.sampling import (
    Accompaniment,
    Continuation,
    Infilling,
    PromptError,
    SamplingSettings,
    SamplingSettingsError,
    abilities,
    streamed_notes,
)
from musicgen.sampling.composer import Composer
from musicgen.sampling.wishes import scale_of
from musicgen.score import Note, Notes, Part, Score
from tests.musicgen.sampling.untrained import written

LIVELY = {"pitch 6": 12.0, "duration 0": 14.0, "velocity": 12.0, "timeshift 0.12": 14.0, "tempo": -30.0}
PIANO = Score((Part(Notes.of([Note(480 * i, 60 + i % 12, 480) for i in range(60)])),))
BAND = Score((*PIANO.parts, Part(PIANO.parts[0].notes, program=40), Part(PIANO.parts[0].notes, program=73)))
VOCABULARY = EventVocabulary.build([PIANO], tokenizer="tsd", time="seconds")


@pytest.fixture(scope="module")
def composer(tmp_path_factory: pytest.TempPathFactory) -> Composer:
    folder = tmp_path_factory.mktemp("weights") / "untrained"
    settings = {"task_share": 0.05}
    return Composer(written(folder, VOCABULARY, network_name="transformer", settings=settings, **LIVELY))


def test_it_streams_takes_as_each_alone(composer: Composer) -> None:
    settings = SamplingSettings(seed=2, length_seconds=10.0, key="D major", density=5.0)
    made = composer.compose_takes(settings, 2)
    for number, piece in enumerate(made):
        chunks = list(composer.stream(settings.for_take(number)))
        start = max(place for place, chunk in enumerate(chunks) if chunk.restarted or place == 0)
        notes = [note for chunk in chunks[start:] for note in chunk.notes]
        alone = chunks[-1].composition
        assert alone is not None
        assert alone.score == piece.score
        assert notes == streamed_notes(piece.score)
    tokens = made[0].tokens
    front = [VOCABULARY.describe(int(token)) for token in tokens[: VOCABULARY.front_length]]
    assert {"task compose", "density 3", "mode major"} <= set(front)
    assert VOCABULARY.grammar().is_legal(tokens)
    assert set((made[0].score.all_notes().pitch % 12).tolist()) <= scale_of("D major")


def test_it_fills_a_gap_and_leaves_the_rest_alone(composer: Composer) -> None:
    whole = VOCABULARY.decode(VOCABULARY.encode(PIANO))
    chunks = list(composer.stream(SamplingSettings(seed=2), prompt=Infilling(PIANO, 10.2, 14.8)))
    made = chunks[-1].composition
    assert made is not None
    notes = streamed_notes(made.score)
    assert [note for chunk in chunks for note in chunk.notes] == notes
    kept = [note for note in streamed_notes(whole) if not 10.1 < note.start_seconds < 15.2]
    assert [note for note in notes if note in kept] == kept
    new = [note for note in notes if note not in streamed_notes(whole)]
    assert new
    assert all(10.0 <= note.start_seconds <= 15.1 for note in new)
    assert VOCABULARY.grammar().states_along(made.tokens)[-1] >= 0


def test_it_accompanies_a_melody(composer: Composer) -> None:
    melody = Score((Part(Notes.of([*PIANO.parts[0].notes][:24])),))
    made = composer.compose(SamplingSettings(seed=2), prompt=Accompaniment(melody))
    given = streamed_notes(VOCABULARY.decode(VOCABULARY.encode(melody)))
    notes = streamed_notes(made.score)
    assert [note for note in notes if note in given] == given
    assert len(notes) > len(given)
    assert max(note.start_seconds for note in notes) <= melody.duration_seconds
    long = Score((Part(Notes.of([Note(240 * i, 60, 240) for i in range(400)])),))
    with pytest.raises(PromptError, match="take its first"):
        composer.compose(SamplingSettings(seed=2), prompt=Accompaniment(long))


def test_it_goes_on_from_what_it_has_read_at_once(composer: Composer) -> None:
    settings = SamplingSettings(seed=2, length_seconds=8.0)
    made = composer.compose(settings, prompt=Continuation(PIANO, 20.0))
    opening = streamed_notes(VOCABULARY.decode(VOCABULARY.encode(PIANO)))[:39]
    assert streamed_notes(made.score)[:39] == opening
    assert made.seconds > 26.0
    together = composer.compose_takes(settings, 2, prompt=Continuation(PIANO, 20.0))
    np.testing.assert_array_equal(together[0].tokens, made.tokens)


def test_it_says_what_its_representation_cannot() -> None:
    timed = abilities(VOCABULARY.to_json(), training={"task_share": 0.0})
    assert not any(timed[name].possible for name in ("infill", "accompany", "tempo_bpm", "length_bars"))
    beaten = abilities(EventVocabulary.build([BAND], tokenizer="remi"))
    assert all(ability.possible for ability in beaten.values())
    assert "strings" in beaten["instrument"].reason


def test_it_plays_by_bars_and_by_instruments_it_knows(tmp_path: Path) -> None:
    vocabulary = EventVocabulary.build([BAND], tokenizer="remi")
    lively = {"pitch 6": 12.0, "duration 0": 14.0, "velocity": 12.0, "timesig 4/4": 20.0}
    folder = written(tmp_path / "band", vocabulary, program=9.0, position=13.0, bar=15.5, **lively)
    composer = Composer(folder)
    made = composer.compose(SamplingSettings(seed=1, length_bars=5, instrument="strings", tempo_bpm=90.0))
    assert {part.program for part in made.score.parts if not part.is_drum and len(part.notes)} <= {0, 40}
    bars = sum(vocabulary.describe(int(token)) == "bar" for token in made.tokens)
    assert bars == 5
    with pytest.raises(SamplingSettingsError, match="knows no brass"):
        composer.compose(SamplingSettings(instrument="brass"))
