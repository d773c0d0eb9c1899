"""The chord representation of music between the semitones."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicgen.midi import read_midi, write_midi
from musicgen.representation import ChordVocabulary, RepresentationError, load_vocabulary
from musicgen.score import Note, Notes, Part, Score

SEGAH = Path(__file__).parents[2] / "data" / "midi_weird" / "pitchbend_quarter_tones.mid"
CENT = 1.0
ON_GRID = st.lists(
    st.builds(
        Note,
        st.integers(0, 40).map(lambda step: 120 * step),
        st.integers(1, 126),
        st.integers(1, 8).map(lambda step: 120 * step),
        st.just(64),
        st.sampled_from([0.0, 50.0, -50.0]),
    ),
    min_size=1,
    max_size=12,
)


def score_of(notes, **part):
    return Score((Part(Notes.of(notes), **part),))


def sounding(score):
    """(start, cents above MIDI pitch 0) of every note, ascending."""
    notes = score.all_notes()
    return sorted(zip(notes.start_ticks.tolist(), (100 * notes.pitch + notes.cents).tolist(), strict=True))


CHORD = [Note(0, 60, 480), Note(0, 64, 480, 64, -50.0), Note(0, 67, 480)]


@settings(max_examples=150, deadline=None)
@given(ON_GRID, st.booleans())
def test_it_keeps_every_quarter_tone(notes, known):
    score = score_of(notes)
    vocabulary = ChordVocabulary.build([score], min_count=1 if known else 99, steps_per_semitone=2)
    tokens = vocabulary.encode(score)
    assert sounding(vocabulary.decode(tokens)) == sorted(set(sounding(score)))


def test_it_brings_quarter_tones_from_file_to_file_within_a_cent():
    score = read_midi(SEGAH)
    vocabulary = ChordVocabulary.build([score])
    again = read_midi(write_midi(vocabulary.decode(vocabulary.encode(score))))
    assert again.note_count == score.note_count
    for (_, before), (_, after) in zip(sounding(score), sounding(again), strict=True):
        assert abs(before - after) < CENT
    assert {round(cents) % 100 for _, cents in sounding(again)} == {0, 50}


def test_it_brings_chords_with_quarter_tones_from_file_to_file():
    vocabulary = ChordVocabulary.build([score_of(CHORD)], min_count=1)
    again = read_midi(write_midi(vocabulary.decode(vocabulary.encode(score_of(CHORD)))))
    assert [cents for _, cents in sounding(again)] == pytest.approx([6000, 6350, 6700], abs=CENT)


def test_it_rounds_other_cents_to_the_nearest_quarter_tone():
    notes = [Note(0, 60, 480, 64, 24.0), Note(480, 60, 480, 64, 26.0), Note(960, 60, 480, 64, -130.0)]
    vocabulary = ChordVocabulary(steps_per_semitone=2)
    decoded = vocabulary.decode(vocabulary.encode(score_of(notes)))
    assert [cents for _, cents in sounding(decoded)] == [6000, 6050, 5850]


def test_it_stays_within_the_pitches_of_midi():
    notes = [Note(0, 0, 480, 64, -500.0), Note(480, 127, 480, 64, 500.0)]
    vocabulary = ChordVocabulary(steps_per_semitone=2)
    assert [cents for _, cents in sounding(vocabulary.decode(vocabulary.encode(score_of(notes))))] == [
        0,
        12750,
    ]


def test_it_takes_quarter_tones_only_where_they_are_more_than_strays():
    plain = [Note(480 * step, 60, 480) for step in range(120)]
    stray = [*plain, Note(0, 72, 480, 64, 50.0)]
    several = [*plain, Note(0, 72, 480, 64, 50.0), Note(0, 74, 480, 64, 50.0)]
    steps = [ChordVocabulary.build([score_of(notes)]).steps_per_semitone for notes in (plain, stray, several)]
    assert steps == [1, 1, 2]


def test_it_counts_chords_of_plain_scores_among_those_with_quarter_tones():
    plain = score_of([Note(0, 60, 480), Note(0, 64, 480)])
    vocabulary = ChordVocabulary.build([plain, plain, score_of(CHORD), score_of(CHORD)])
    assert set(vocabulary.chords) == {(120, 128), (120, 127, 134)}


def test_it_leaves_cents_out_of_a_vocabulary_of_semitones():
    vocabulary = ChordVocabulary.build([score_of(CHORD)], min_count=1, steps_per_semitone=1)
    assert vocabulary.chords == ((60, 64, 67),)
    assert vocabulary.to_json()["version"] == 1
    assert [cents for _, cents in sounding(vocabulary.decode(vocabulary.encode(score_of(CHORD))))] == [
        6000,
        6400,
        6700,
    ]


def test_it_is_rebuilt_from_json():
    vocabulary = ChordVocabulary.build([score_of(CHORD)], min_count=1)
    again = load_vocabulary(json.loads(json.dumps(vocabulary.to_json())))
    assert vocabulary.to_json()["version"] == 2
    assert again.to_json() == vocabulary.to_json()
    assert np.array_equal(again.encode(score_of(CHORD)), vocabulary.encode(score_of(CHORD)))
    with pytest.raises(RepresentationError, match="1 or 2 steps"):
        ChordVocabulary(steps_per_semitone=3)


def test_its_grammar_and_words_know_all_its_pitches():
    vocabulary = ChordVocabulary([(120, 127, 134)], steps_per_semitone=2)
    tokens = vocabulary.encode(score_of([*CHORD, Note(960, 127, 480, 64, 50.0)]))
    assert vocabulary.grammar().is_legal(tokens)
    assert len(vocabulary.grammar().token_class) == vocabulary.size
    words = [vocabulary.describe(token) for token in tokens.tolist()]
    assert "chord 60 63.5 67" in words
    assert "pitch 127.5" in words
    assert vocabulary.note_count_of_token[tokens].sum() == 4
