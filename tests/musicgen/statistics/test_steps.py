"""Steps from note to note: blind to key, tempo and place, and to how a chord is spread."""

from dataclasses import replace

import numpy as np

from musicgen.score import Note, Notes, Part, Score, TimeSignature
from musicgen.statistics.steps import steps_of
from tests.musicgen.statistics.made_songs import walk


def score_of(*notes, **changes):
    return replace(Score((Part(Notes.of(notes)),)), **changes)


def test_it_names_intervals_and_waits():
    steps = steps_of(score_of(Note(0, 60, 9), Note(240, 67, 9), Note(240, 64, 9), Note(1440, 60, 9)))
    assert steps.intervals.tolist() == [4, 3, -7]
    assert steps.waits.tolist() == [2, 0, 10]
    assert steps.bars.tolist() == [0.0, 0.125, 0.125, 0.75]


def test_it_keeps_the_ends_of_what_a_code_holds():
    steps = steps_of(score_of(Note(0, 0, 9), Note(480 * 4 * 100, 127, 9), Note(480 * 4 * 101, 0, 9)))
    assert steps.intervals.tolist() == [127, -127]
    assert steps.waits.tolist() == [63, 16]
    assert steps.codes.min() > 0


def test_it_is_the_same_in_any_key_place_resolution_and_part():
    piece = walk(1)
    notes = piece.parts[0].notes
    moved = Notes(notes.start_ticks + 777, notes.pitch + 5, notes.duration_ticks, notes.velocity)
    coarse = Notes(notes.start_ticks // 20, notes.pitch, notes.duration_ticks, notes.velocity)
    doubled = Score((piece.parts[0], piece.parts[0], Part(Notes.of([Note(5, 40, 5)]), is_drum=True)))
    codes = steps_of(piece).codes
    for same in (Score((Part(moved),)), Score((Part(coarse),), ticks_per_quarter=24), doubled):
        assert np.array_equal(steps_of(same).codes, codes)


def test_it_takes_a_spread_chord_for_a_chord():
    together = score_of(Note(0, 60, 9), Note(0, 64, 9), Note(0, 67, 9), Note(480, 72, 9))
    spread = score_of(Note(0, 67, 9), Note(20, 60, 9), Note(35, 64, 9), Note(480, 72, 9))
    assert np.array_equal(steps_of(together).codes, steps_of(spread).codes)


def test_it_counts_bars_under_the_meter():
    waltz = score_of(Note(0, 60, 9), Note(1440, 62, 9), time_signatures=(TimeSignature(0, 3, 4),))
    assert steps_of(waltz).bars.tolist() == [0.0, 1.0]


def test_it_finds_no_steps_where_there_are_none():
    assert len(steps_of(Score()).codes) == 0
    assert len(steps_of(score_of(Note(0, 60, 9))).codes) == 0


def test_it_tells_quarter_tones_from_semitones_and_no_finer():
    plain = steps_of(score_of(Note(0, 60, 9), Note(480, 62, 9), Note(960, 63, 9)))
    koron = steps_of(score_of(Note(0, 60, 9), Note(480, 62, 9, 64, -50.0), Note(960, 63, 9)))
    stray = steps_of(score_of(Note(0, 60, 9), Note(480, 62, 9, 64, 15.0), Note(960, 63, 9)))
    assert koron.intervals.tolist() == [1, 1]
    assert koron.waits.tolist() == plain.waits.tolist()
    assert not set(koron.codes.tolist()) & set(plain.codes.tolist())
    assert np.array_equal(stray.codes, plain.codes)
    moved = steps_of(
        score_of(Note(0, 63, 9, 64, 50.0), Note(480, 65, 9), Note(960, 66, 9, 64, 50.0))
    )  # the same in a key a quarter tone off
    assert np.array_equal(moved.codes, koron.codes)
    ends = steps_of(score_of(Note(0, 0, 9, 64, -50.0), Note(480, 127, 9, 64, 50.0), Note(960, 0, 9)))
    assert ends.codes.max() < 2**15
