"""Notes come while the piece is written, and are those of the piece."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from musicgen.representation import ChordVocabulary
from musicgen.sampling import (
    KEYS,
    Accompaniment,
    Continuation,
    Infilling,
    PromptError,
    SamplingSettings,
    SamplingSettingsError,
    StreamedNote,
    Variation,
    abilities,
    streamed_notes,
)
from musicgen.sampling.composer import Composer, Composition, StreamChunk
from musicgen.sampling.wishes import scale_of
from musicgen.score import Note, Notes, Part, Score
from musicgen.statistics.keys import MODES, TONICS
from tests.musicgen.learning.tiny_corpus import tiny_score
from tests.musicgen.sampling.untrained import STEADY, VOCABULARY, written

SHORT = SamplingSettings(seed=3, length_seconds=20.0)


@pytest.fixture(scope="module")
def composer(tmp_path_factory: pytest.TempPathFactory) -> Composer:
    return Composer(written(tmp_path_factory.mktemp("weights") / "untrained", **STEADY))


def _joined(chunks: Iterable[StreamChunk], take: int = 0) -> tuple[list[StreamedNote], Composition]:
    notes: list[StreamedNote] = []
    for chunk in chunks:
        if chunk.take == take:
            notes = [*([] if chunk.restarted else notes), *chunk.notes]
            composition = chunk.composition
    assert composition is not None
    return notes, composition


@pytest.mark.parametrize("seed", range(3))
def test_it_streams_the_very_notes_of_the_piece(composer: Composer, seed: int) -> None:
    settings = SamplingSettings(seed=seed, length_seconds=60.0)
    chunks = list(composer.stream(settings))
    notes, composition = _joined(chunks)
    assert notes == streamed_notes(composition.score)
    assert sum(bool(chunk.notes) for chunk in chunks) > 3
    whole = composer.compose(settings)
    assert composition.score == whole.score
    np.testing.assert_array_equal(composition.tokens, whole.tokens)


def test_it_tells_onsets_in_order_and_in_seconds(composer: Composer) -> None:
    notes, composition = _joined(composer.stream(SHORT))
    begins = [note.start_seconds for note in notes]
    assert begins == sorted(begins)
    assert max(note.start_seconds + note.duration_seconds for note in notes) == composition.seconds


def test_it_begins_with_few_tokens(composer: Composer) -> None:
    sizes = [len(chunk.notes) for chunk in composer.stream(SamplingSettings(seed=3, length_seconds=60.0))]
    assert 0 < sum(sizes[:2]) < 20


def test_it_draws_takes_together_as_each_alone(composer: Composer) -> None:
    settings = SamplingSettings(seed=5, length_seconds=15.0)
    chunks = list(composer.stream(settings, takes=3))
    for take in range(3):
        notes, together = _joined(chunks, take)
        alone = composer.compose(settings.for_take(take))
        assert together.score == alone.score
        assert notes == streamed_notes(alone.score)
        assert together.seed == settings.seed + take


def test_it_stops_at_once_with_what_there_is(composer: Composer) -> None:
    settings = SamplingSettings(seed=3, length_seconds=600.0)
    answers = iter([False, False, True])
    chunks = list(composer.stream(settings, should_stop=answers.__next__))
    notes, cut = _joined(chunks)
    assert cut.finished == "cancelled"
    assert notes == streamed_notes(cut.score)
    whole = composer.compose(settings)
    np.testing.assert_array_equal(cut.tokens, whole.tokens[: len(cut.tokens)])


def test_it_begins_again_where_a_take_is_stuck(tmp_path: Path) -> None:
    stuck = Composer(written(tmp_path / "stuck", **{"pitch 60": 80.0, "shift 24/24": 60.0, "duration": 60.0}))
    settings = SamplingSettings(seed=1, length_seconds=60.0, tempo_bpm=120.0)
    chunks = list(stuck.stream(settings))
    assert sum(chunk.restarted for chunk in chunks) == 1
    notes, composition = _joined(chunks)
    assert composition.stuck
    assert notes == streamed_notes(composition.score)
    assert composition.score == stuck.compose(settings).score


def test_it_ends_in_the_bar_asked_for(composer: Composer) -> None:
    made = composer.compose(SamplingSettings(seed=3, length_bars=6))
    ticks = int(VOCABULARY.ticks_of_token[made.tokens].sum())
    numerator, denominator = next(
        (m.numerator, m.denominator) for m in [*made.score.time_signatures][-1:] or [None]
    )
    bar = 96 * numerator // denominator
    assert 5 * bar <= ticks < 6 * bar


def test_it_ends_near_the_number_of_notes_asked_for(composer: Composer) -> None:
    for wanted in (30, 120):
        made = composer.compose(SamplingSettings(seed=3, length_notes=wanted))
        assert 0.9 * wanted - 1 <= made.note_count <= wanted


def test_it_keeps_to_the_key(composer: Composer) -> None:
    made = composer.compose(SamplingSettings(seed=3, length_seconds=20.0, key="F# minor"))
    assert set((made.score.all_notes().pitch % 12).tolist()) <= scale_of("F# minor")
    assert set(KEYS) == {f"{tonic} {mode}" for tonic in TONICS for mode in MODES}


def test_it_gives_the_part_to_the_instrument(composer: Composer) -> None:
    notes, made = _joined(composer.stream(SamplingSettings(seed=3, length_seconds=10.0, instrument="guitar")))
    assert [part.program for part in made.score.parts] == [24]
    assert {note.program for note in notes} == {24}


def test_it_avoids_what_was_struck_lately(composer: Composer) -> None:
    def pitches(repetition: float) -> int:
        made = composer.compose(SamplingSettings(seed=3, length_notes=60, repetition=repetition))
        return len(set(made.score.all_notes().pitch.tolist()))

    assert pitches(5.0) > pitches(0.0)


def test_it_draws_time_together_or_apart(composer: Composer) -> None:
    def density(wanted: float) -> float:
        made = composer.compose(SamplingSettings(seed=3, length_seconds=40.0, density=wanted))
        return made.note_count / made.seconds

    assert density(1.0) < 0.7 * density(12.0)


@pytest.mark.parametrize("kind", [Continuation, Variation])
def test_it_goes_on_from_a_piece(composer: Composer, kind: type[Continuation] | type[Variation]) -> None:
    piece = VOCABULARY.decode(VOCABULARY.encode(tiny_score(2)))
    notes, made = _joined(composer.stream(SHORT, prompt=kind(piece, 2.0)))
    assert notes == streamed_notes(made.score)
    kept = [note for note in streamed_notes(piece) if note.start_seconds < 2.0]
    assert len(kept) > 2
    assert [note[:3] for note in notes[: len(kept) - 1]] == [note[:3] for note in kept[:-1]]
    assert made.seconds >= 0.8 * 20.0
    assert VOCABULARY.grammar().is_legal(made.tokens)
    assert made.score == composer.compose(SHORT, prompt=kind(piece, 2.0)).score


def test_it_refuses_what_the_network_cannot_and_says_why(composer: Composer) -> None:
    piece = tiny_score(2)
    for prompt in (Infilling(piece, 1.0, 2.0), Accompaniment(piece)):
        with pytest.raises(PromptError, match="This network cannot"):
            composer.compose(SHORT, prompt=prompt)
    with pytest.raises(PromptError, match="no note before"):
        composer.compose(SHORT, prompt=Continuation(piece, 0.0))
    with pytest.raises(SamplingSettingsError) as caught:
        list(composer.stream(SHORT, takes=9))
    assert caught.value.field == "takes"
    quarter_tones = abilities(ChordVocabulary(steps_per_semitone=2).to_json())
    assert not quarter_tones["key"].possible
    assert abilities(VOCABULARY)["key"].possible


def test_it_lists_what_is_struck_together_by_pitch() -> None:
    part = Part(Notes.of([Note(0, 64, 480), Note(0, 60, 480), Note(480, 62, 240)]))
    listed = streamed_notes(Score((part,)))
    assert [(note.start_seconds, note.pitch, note.duration_seconds) for note in listed] == [
        (0.0, 60, 0.5),
        (0.0, 64, 0.5),
        (0.5, 62, 0.25),
    ]
    assert streamed_notes(Score((part,)), 1, before_ticks=480) == listed[1:2]
