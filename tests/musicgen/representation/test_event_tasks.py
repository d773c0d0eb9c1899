"""Events beyond a piece from nothing: gaps, melodies, cents, pedals, time in seconds."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicgen.midi import read_midi
from musicgen.representation import EventVocabulary, RepresentationError, load_vocabulary
from musicgen.representation.event_tasks import EventTasks
from musicgen.score import Curve, Note, Notes, Part, Score, TempoChange
from tests.musicgen.representation.test_events import KINDS, PARTS, TEMPOS, VOCABULARIES, played
from tests.musicgen.representation.test_quarter_tones import SEGAH

BAR = 96  # grid ticks, of four quarters


def given_only(vocabulary, tokens):
    """Places of the tokens that a network may not choose."""
    grammar = vocabulary.grammar()
    states = grammar.states_along(tokens)
    assert states[-1] >= 0
    kinds = grammar.token_class[tokens]
    return [place for place, kind in enumerate(kinds) if not grammar.allowed[states[place], kind]]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None)
@given(parts=PARTS, tempos=TEMPOS, start=st.integers(0, 400), length=st.integers(1, 300))
def test_it_takes_a_passage_out_and_puts_it_back(kind, parts, tempos, start, length):
    vocabulary = VOCABULARIES[kind]
    tokens = vocabulary.encode(Score(tuple(parts), tempos=tempos))
    try:
        prompt, passage = EventTasks(vocabulary).infilling(tokens, start, start + length)
    except RepresentationError:
        return
    whole = np.concatenate([prompt, passage])
    assert played(vocabulary.decode(whole)) == played(vocabulary.decode(tokens))
    places = given_only(vocabulary, whole)
    assert [vocabulary.describe(int(whole[place])) for place in places] == ["task infill", "gap", "fill"]
    assert vocabulary.decode(prompt).note_count < len(tokens)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None)
@given(parts=PARTS, tempos=TEMPOS)
def test_it_tells_melody_and_rest_apart_and_puts_them_together(kind, parts, tempos):
    vocabulary = VOCABULARIES[kind]
    tokens = vocabulary.encode(Score(tuple(parts), tempos=tempos))
    try:
        prompt, rest = EventTasks(vocabulary).accompaniment(tokens)
    except RepresentationError:
        return
    whole = np.concatenate([prompt, rest])
    assert played(vocabulary.decode(whole)) == played(vocabulary.decode(tokens))
    assert len(given_only(vocabulary, whole)) == 2
    assert 0 < vocabulary.decode(prompt).note_count < vocabulary.decode(tokens).note_count


@pytest.mark.parametrize("kind", KINDS)
def test_it_leaves_what_comes_after_a_gap_where_it_is(kind):
    vocabulary = VOCABULARIES[kind]
    notes = [Note(480 * beat, 60 + beat, 480, 63) for beat in range(16)]
    tokens = vocabulary.encode(Score((Part(Notes.of(notes)),)))
    prompt, passage = EventTasks(vocabulary).infilling(tokens, BAR, 2 * BAR)
    assert vocabulary.note_count_of_token[passage].sum() == 4
    ends = [
        np.concatenate([prompt, made]) for made in (passage, passage[:-4], [*passage, *passage, *passage])
    ]
    for whole in ends:
        decoded = vocabulary.decode(whole)
        late = {note.pitch: note.start_ticks for note in decoded.parts[0].notes if note.pitch >= 68}
        assert late == {60 + beat: 480 * beat for beat in range(8, 16)}
        inside = [note for note in decoded.parts[0].notes if 64 <= note.pitch < 68]
        assert all(4 * 480 <= note.start_ticks < 8 * 480 for note in inside)


def test_it_finds_the_highest_voice():
    notes = [Note(0, 48, 960), Note(0, 72, 480), Note(240, 60, 240), Note(480, 74, 480), Note(480, 52, 480)]
    vocabulary = VOCABULARIES["tsd"]
    tokens = vocabulary.encode(Score((Part(Notes.of(notes)),)))
    prompt, _ = EventTasks(vocabulary).accompaniment(tokens)
    assert [note.pitch for note in vocabulary.decode(prompt).parts[0].notes] == [72, 74]
    asked = EventTasks(vocabulary).accompanied(tokens)
    assert vocabulary.decode(asked).note_count == 5
    with pytest.raises(RepresentationError, match="task of their own"):
        EventTasks(vocabulary).accompaniment(asked)


def test_it_keeps_quarter_tones_where_the_corpus_has_them():
    score = read_midi(SEGAH)
    vocabulary = EventVocabulary.build([score], tokenizer="tsd")
    tokens = vocabulary.encode(score)
    assert vocabulary.grammar().is_legal(tokens)
    assert {"Cents_-50"} == {token for token in vocabulary.tokens if token.startswith("Cents")}
    again = load_vocabulary(json.loads(json.dumps(vocabulary.to_json()))).decode(tokens)

    def sounding(score):
        notes = score.all_notes()
        return sorted(np.round(100 * notes.pitch + notes.cents).tolist())

    assert sounding(again) == sounding(score)
    # Without quarter tones in the corpus they are rounded, and cost nothing.
    plain = EventVocabulary.build([Score((Part(Notes.of([Note(0, 60, 480)])),))], tokenizer="tsd")
    assert not any(token.startswith("Cents") for token in plain.tokens)
    assert plain.decode(plain.encode(score)).note_count == score.note_count


def test_it_writes_the_pedal_as_asked():
    pedal = Curve([0, 960, 1440, 1920], [127, 0, 127, 0])
    score = Score((Part(Notes.of([Note(0, 60, 240, 63), Note(1440, 64, 240, 63)]), pedal=pedal),))
    lengths = {}
    for way in ("keys", "lengths", "tokens"):
        vocabulary = EventVocabulary.build([score], tokenizer="tsd", pedal=way)
        tokens = vocabulary.encode(score)
        assert vocabulary.grammar().is_legal(tokens)
        decoded = vocabulary.decode(tokens)
        lengths[way] = decoded.parts[0].notes.duration_ticks.tolist()
        assert (len(decoded.parts[0].pedal) > 0) == (way == "tokens")
    assert lengths == {"keys": [240, 240], "lengths": [960, 480], "tokens": [240, 240]}
    assert decoded.parts[0].pedal == pedal


def test_it_keeps_by_the_clock_when_notes_are_heard():
    notes = [Note(480 * beat, 60, 240) for beat in range(8)]
    score = Score((Part(Notes.of(notes)),), tempos=(TempoChange(0, 60.0), TempoChange(1920, 90.0)))
    vocabulary = EventVocabulary.build([score], tokenizer="tsd", time="seconds")
    decoded = vocabulary.decode(vocabulary.encode(score))
    heard = [each.seconds_at(each.parts[0].notes.start_ticks) for each in (score, decoded)]
    assert heard[0] == pytest.approx(heard[1], abs=1 / 96)
    assert vocabulary.describe(vocabulary.tempo_token(90.0)) == "pace any"
    with pytest.raises(RepresentationError, match="counts bars"):
        EventVocabulary.build([score], tokenizer="remi", time="seconds")


def test_it_knows_the_instruments_of_its_corpus():
    piano = Score((Part(Notes.of([Note(0, 60, 480)]), program=1),))
    band = Score(
        (Part(Notes.of([Note(0, 62, 480)]), program=40), Part(Notes.of([Note(0, 36, 480)]), is_drum=True))
    )
    vocabulary = EventVocabulary.build([piano], tokenizer="tsd")
    assert [token for token in vocabulary.tokens if token.startswith(("Program", "PitchDrum"))] == [
        "Program_1"
    ]
    assert [(p.program, p.notes[0].pitch) for p in vocabulary.decode(vocabulary.encode(band)).parts] == [
        (1, 62)
    ]
    drums_alone = Score((band.parts[1],))
    assert vocabulary.decode(vocabulary.encode(drums_alone)).note_count == 1
