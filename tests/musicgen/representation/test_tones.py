"""Continuous tones: exact there and back, quarter tones as any other, sane on any numbers."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from musicgen.representation import RepresentationError
from musicgen.representation.tones import ABSENT, JOINED_SECONDS, MAX_SECONDS, Tones, ToneScaling
from musicgen.score import Note, Notes, Part, Score, TempoChange

CENTS = st.sampled_from([0, -50, 50, 33, -12])
NOTES = st.lists(
    st.builds(
        Note,
        st.integers(0, 20_000),
        st.integers(0, 127),
        st.integers(1, 9000),
        st.integers(1, 127),
        CENTS,
    ),
    min_size=1,
    max_size=40,
)
TEMPOS = st.lists(st.builds(TempoChange, st.integers(0, 9000), st.floats(40, 300)), max_size=3)


def one_part(notes, tempos=()):
    return Score((Part(Notes.of(notes)),), tempos=tuple(sorted(tempos, key=lambda t: t.start_ticks)))


def heard(score):
    """(onset, length, semitones, velocity) of every note, in seconds."""
    notes = score.all_notes()
    onset = score.seconds_at(notes.start_ticks)
    length = score.seconds_at(notes.end_ticks) - onset
    return np.stack([onset, length, notes.pitch + notes.cents / 100, notes.velocity], axis=1)


def matched(first, second):
    """Rows of both, each sorted by pitch, velocity and onset, so that tiny errors do not reorder."""

    def ordered(rows):
        key = np.rint(rows * [0, 0, 100, 1])
        return rows[np.lexsort((rows[:, 1], rows[:, 0], key[:, 3], key[:, 2]))]

    return ordered(first), ordered(second)


@settings(max_examples=200, deadline=None)
@example([Note(20_000, 60, 480)], [TempoChange(0, 40.0)], 1)  # 62.5 seconds of silence
@given(NOTES, TEMPOS, st.sampled_from([1, 3]))
def test_it_gives_back_times_to_a_millisecond_and_pitches_to_a_cent(notes, tempos, per_cell):
    if per_cell == 3:  # at least 50 ms apart, or together
        notes = [replace(note, start_ticks=120 * (note.start_ticks // 120)) for note in notes]
    score = one_part(notes, tempos)
    tones = Tones.build([score], tones_per_cell=per_cell)
    before, after = matched(heard(score), heard(tones.decode(tones.encode(score))))
    assert np.all(before[:, 1] < MAX_SECONDS)
    assert np.abs(before[:, :2] - after[:, :2])[:, 0].max() < 0.001
    # Ends are rounded as onsets are; the shortest note is one tick.
    assert np.abs(before[:, 1] - after[:, 1]).max() < 0.0016
    step = tones.scaling.pitch_step_cents
    assert np.abs(before[:, 2] - after[:, 2]).max() <= step / 200 + 1e-6
    assert np.array_equal(before[:, 3], after[:, 3])


@settings(max_examples=100, deadline=None)
@given(NOTES, st.sampled_from([1, 3]))
def test_it_stays_between_minus_one_and_one_on_music_of_another_corpus(notes, per_cell):
    tones = Tones.build([one_part([Note(0, 60, 480), Note(960, 64, 480)])], tones_per_cell=per_cell)
    values = tones.encode(one_part(notes))
    assert values.dtype == np.float32
    assert np.all((values >= -1) & (values <= 1))
    assert tones.decode(values).note_count == len(notes)


@settings(max_examples=200, deadline=None)
@given(
    arrays(np.float32, st.tuples(st.integers(0, 30), st.just(10)), elements=st.floats(width=32)),
    st.sampled_from([1, 100]),
)
def test_it_makes_a_score_of_any_numbers(values, step):
    tones = Tones(ToneScaling(4.0, 2.0, 30.0, 90.0, step), 3)
    score = tones.decode(values)
    notes = score.all_notes()
    assert len(notes) <= 3 * len(values)
    if len(notes):
        rows = heard(score)
        assert rows[:, 1].max() <= 4.002
        assert rows[:, 2].min() >= 30
        assert rows[:, 2].max() <= 90
        assert score.duration_seconds <= 2.001 * len(values) + 4.002
        again = tones.decode(tones.encode(score))
        assert again.note_count == score.note_count


def test_it_packs_chords_into_cells_of_three_lowest_first():
    chord = [Note(480, pitch, 240, 90) for pitch in (48, 55, 64, 72)]
    tones = Tones.build([one_part(chord)], tones_per_cell=3)
    values = tones.encode(one_part(chord))
    assert values.shape == (2, 10)
    assert np.all(np.diff(values[0, [1, 4, 7]]) > 0)
    assert values[1, -1] == -1  # no time between the cells
    assert np.all(values[1, [3, 5, 6, 8]] == ABSENT)
    assert np.all(values[1, [4, 7]] == values[1, 1])
    assert tones.decode(values).all_notes().pitch.tolist() == [48, 55, 64, 72]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 400), min_size=1, max_size=20), st.sampled_from([1.0, 7.3, 60.0]))
def test_it_keeps_pauses_beyond_the_longest_of_the_corpus(seconds, longest):
    starts = np.cumsum(seconds)
    score = one_part([Note(int(960 * start), 60 + n, 480) for n, start in enumerate(starts)])
    tones = Tones(ToneScaling(4.0, longest, 30.0, 90.0, 100))
    values = tones.encode(score)
    assert np.all((values >= -1) & (values <= 1))
    decoded = tones.decode(values)
    onsets = decoded.seconds_at(decoded.all_notes().start_ticks)
    assert len(onsets) == len(starts)
    assert np.abs(onsets - starts).max() < 0.001
    assert len(values) >= starts[-1] / longest


def test_it_joins_what_hands_strike_together_in_cells_of_three():
    tick = 1 / 960  # seconds
    hands = [Note(480, 64, 960), Note(490, 60, 960), Note(480 + int(JOINED_SECONDS / tick), 67, 960)]
    later = Note(481 + int(JOINED_SECONDS / tick), 72, 960)
    score = one_part([*hands, later])
    tones = Tones.build([score], tones_per_cell=3)
    values = tones.encode(score)
    assert len(values) == 2
    before, after = matched(heard(score), heard(tones.decode(values)))
    early = before[:, 0] - after[:, 0]
    assert np.all((early > -0.001) & (early < JOINED_SECONDS + 0.001))
    assert np.abs(before[:, 1] - after[:, 1]).max() < 0.0016  # lengths are kept
    assert before[3] == pytest.approx(after[3], abs=0.002)  # the later one is where it was
    assert len(Tones.build([score]).encode(score)) == 4
    alone = Tones.build([score]).encode(score)
    assert np.all(alone[1:, -1] > -1)  # cells of one keep the spread


def test_it_writes_one_tone_a_cell_in_the_papers_order():
    score = one_part([Note(480, 69, 480, 127), Note(480, 81, 960, 1)])
    tones = Tones.build([score])
    values = tones.encode(score)
    assert values.shape == (2, 4)
    assert values[:, 1].tolist() == [-1, 1]
    assert values[:, 2].tolist() == [1, -0.5]
    assert values[0, 0] < values[1, 0] == 1
    assert values[:, 3].tolist() == [pytest.approx(tones.scaling.pauses(0.5)), -1]


def test_it_hears_quarter_tones_exactly_where_the_corpus_has_them():
    radif = one_part([Note(480 * i, 60 + i, 480, 64, 50.0 * (i % 2)) for i in range(8)])
    tones = Tones.build([radif])
    decoded = tones.decode(tones.encode(radif)).all_notes()
    cents = 100 * decoded.pitch + decoded.cents
    assert cents.tolist() == [6000 + 100 * i + 50 * (i % 2) for i in range(8)]


def test_it_rounds_to_semitones_where_the_corpus_has_no_microtones():
    plain = one_part([Note(0, 60, 480), Note(480, 72, 480)])
    tones = Tones.build([plain])
    values = tones.encode(plain)
    values[:, 1] = [-0.97, 0.1]
    decoded = tones.decode(values).all_notes()
    assert not decoded.cents.any()
    assert tones.decode(values, pitch_step_cents=1).all_notes().cents.any()


def test_it_tells_a_faint_tone_from_none():
    scaling = ToneScaling(4.0, 2.0, 30.0, 90.0, 100)
    assert scaling.velocities_of_intensities([-1, -0.76, -0.74, -0.5, 1, 7]).tolist() == [
        0,
        0,
        1,
        1,
        127,
        127,
    ]
    every = np.arange(1, 128)
    there = scaling.intensities(every).astype(np.float32)
    assert np.array_equal(scaling.velocities_of_intensities(there), every)


def test_it_goes_through_json():
    tones = Tones.build([one_part([Note(0, 60, 480), Note(480, 72, 48_000)])], tones_per_cell=3)
    again = Tones.from_json(json.loads(json.dumps(tones.to_json())))
    assert again.scaling == tones.scaling
    assert again.tones_per_cell == 3
    assert again.features == 10


@pytest.mark.parametrize(
    "change",
    [
        {"version": 99},
        {"representation": "chords"},
        {"tones_per_cell": 2},
        {"scaling": None},
        {"scaling": {"lowest": 3}},
        {
            "scaling": {
                "longest_seconds": 0,
                "longest_pause_seconds": 1,
                "lowest": 3,
                "highest": 50,
                "pitch_step_cents": 1,
            }
        },
    ],
)
def test_it_refuses_a_damaged_scaling(change):
    data = Tones.build([one_part([Note(0, 60, 480)])]).to_json()
    with pytest.raises(RepresentationError):
        Tones.from_json({**data, **change})


def test_it_refuses_drums_alone_and_arrays_of_another_shape():
    tones = Tones.build([])
    with pytest.raises(RepresentationError, match="drums"):
        tones.encode(Score((Part(Notes.of([Note(0, 36, 10)]), is_drum=True),)))
    with pytest.raises(RepresentationError, match="shape"):
        tones.decode(np.zeros((3, 10)))


@settings(max_examples=100, deadline=None)
@given(NOTES, st.sampled_from([1, 3]), st.integers(-6, 6), st.floats(0.8, 1.25), st.integers(-20, 20))
def test_it_changes_cells_as_it_would_the_score(notes, per_cell, semitones, slower, louder):
    quiet = [note for note in notes if 21 <= note.velocity <= 107] or [Note(0, 60, 480)]
    inside = [replace(note, pitch=20 + note.pitch % 80) for note in quiet]
    tones = Tones(ToneScaling(60.0, 60.0, 0.0, 127.0, 1), per_cell)
    before = heard(tones.decode(tones.encode(one_part(inside))))
    values = tones.changed(tones.encode(one_part(inside)), semitones=semitones, slower=slower, louder=louder)
    assert np.all((values >= -1) & (values <= 1))
    first, second = matched(
        before * [slower, slower, 1, 1] + [0, 0, semitones, louder], heard(tones.decode(values))
    )
    assert np.abs(first - second)[:, :2].max() < 0.005
    assert np.abs(first - second)[:, 2].max() <= 0.011
    assert np.array_equal(first[:, 3], second[:, 3])


def test_it_changes_no_tone_into_silence_and_makes_none_of_it():
    tones = Tones(ToneScaling(4.0, 2.0, 30.0, 90.0, 100), 3)
    values = tones.encode(one_part([Note(0, 60, 480, 1), Note(480, 90, 480, 127)]))
    changed = tones.changed(values, semitones=30, slower=100.0, louder=-50)
    assert tones.decode(changed).all_notes().velocity.tolist() == [1, 77]
    assert tones.decode(changed).all_notes().pitch.tolist() == [90, 90]
    assert tones.pitch_range(changed) == (90.0, 90.0)
    assert tones.pitch_range(values[:0]) == (30.0, 90.0)
