"""The value types: what they hold, refuse and answer."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.score import Note, Notes, Part, Score, ScoreError, TempoChange

NOTE = st.builds(
    Note,
    st.integers(0, 10_000),
    st.integers(0, 127),
    st.integers(1, 10_000),
    st.integers(1, 127),
    st.sampled_from([0.0, 50.0, -25.0]),
)


@given(st.lists(NOTE))
def test_it_holds_the_notes_it_was_given_in_order(notes):
    columns = Notes.of(notes)
    assert sorted(columns) == sorted(notes)
    keys = [(note.start_ticks, note.pitch, note.duration_ticks) for note in columns]
    assert keys == sorted(keys)
    assert columns.end_ticks.tolist() == [note.end_ticks for note in columns]


def test_it_is_frozen():
    notes = Notes.of([Note(0, 60, 10)])
    with pytest.raises(ValueError, match="read-only"):
        notes.pitch[0] = 61
    with pytest.raises(dataclasses.FrozenInstanceError):
        Score().title = "x"  # type: ignore[misc]


def test_it_copies_the_columns_it_is_given():
    pitches = np.array([60], np.int32)
    notes = Notes([0], pitches, [10], [64])
    pitches[0] = 99
    assert notes[0].pitch == 60


@pytest.mark.parametrize(
    ("note", "what"),
    [
        (Note(-1, 60, 10), "start_ticks is -1, must be 0 to"),
        (Note(0, 128, 10), "pitch is 128, must be 0 to 127"),
        (Note(0, -1, 10), "pitch"),
        (Note(0, 60, 0), "duration_ticks is 0, must be 1 to"),
        (Note(0, 60, 10, 0), "velocity is 0, must be 1 to 127"),
        (Note(0, 60, 10, 128), "velocity"),
    ],
)
def test_it_refuses_notes_that_cannot_be(note, what):
    with pytest.raises(ScoreError, match=what):
        Notes.of([Note(0, 60, 10), note])


def test_it_refuses_columns_of_different_length():
    with pytest.raises(ScoreError, match="differ in length"):
        Notes([0, 1], [60, 61], [10], [64, 64])


def test_it_compares_by_value():
    assert Notes.of([Note(0, 60, 10)]) == Notes.of([Note(0, 60, 10)])
    assert Notes.of([Note(0, 60, 10)]) != Notes.of([Note(0, 60, 10, cents=50.0)])
    assert Score((Part(Notes.of([Note(0, 60, 10)])),)) != Score()


def test_it_slices_to_notes():
    notes = Notes.of([Note(tick, 60, 10) for tick in range(5)])
    assert notes[1:3] == (Note(1, 60, 10), Note(2, 60, 10))
    assert notes[-1] == Note(4, 60, 10)


def test_it_times_ticks_under_changing_tempi():
    score = Score(tempos=(TempoChange(480, 60.0), TempoChange(1440, 240.0)))
    seconds = score.seconds_at([0, 480, 960, 1440, 1920])  # 120 bpm before the first change
    assert seconds.tolist() == pytest.approx([0.0, 0.5, 1.5, 2.5, 2.75])


def test_it_times_an_array_of_any_shape():
    assert Score().seconds_at(np.array([[0, 960], [480, 240]])).tolist() == [[0.0, 1.0], [0.5, 0.25]]
    assert float(Score().seconds_at(480)) == 0.5


def test_it_lets_a_tempo_at_the_beginning_replace_the_default():
    score = Score((Part(Notes.of([Note(0, 60, 480)])),), (TempoChange(0, 30.0),))
    assert score.duration_seconds == pytest.approx(2.0)


def test_it_lasts_until_its_last_note_ends():
    score = Score((Part(), Part(Notes.of([Note(0, 60, 960), Note(480, 62, 10)]))))
    assert (score.end_ticks, score.note_count, score.duration_seconds) == (960, 2, 1.0)
    assert (Score().end_ticks, Score().note_count, Score().duration_seconds) == (0, 0, 0.0)


def test_it_joins_the_notes_of_its_parts_with_or_without_drums():
    score = Score((Part(Notes.of([Note(480, 60, 10)])), Part(Notes.of([Note(0, 36, 10)]), is_drum=True)))
    assert [note.pitch for note in score.all_notes()] == [36, 60]
    assert [note.pitch for note in score.all_notes(drums=False)] == [60]
    assert len(Score().all_notes()) == 0
