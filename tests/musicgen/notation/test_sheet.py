"""What stands where on a sheet, before music21 writes it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicgen.notation import NotationError, NotationLimitError
from musicgen.notation.hands import left_hand
from musicgen.notation.instruments import INSTRUMENT_NAMES, instrument_name
from musicgen.notation.meter import Bar, BeatGrid, bars_of, pieces
from musicgen.notation.sheet import sheet_of
from musicgen.notation.spelling import spelled
from musicgen.score import Note, Notes, Part, Score, TempoChange, TimeSignature

VIOLIN = 40
ONE_BAR = [Bar(0, 96, (4, 4))]


def score_of(*notes, program=VIOLIN, **kinds):
    return Score((Part(Notes.of(notes), program=program),), **kinds)


def voice_of(score, staff=0, bar=0, voice=0):
    return sheet_of(score, 0, "major")["staves"][staff]["bars"][bar][voice]


def lengths(score):
    return [(event[1], bool(event[2])) for event in voice_of(score)]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(0, 12), min_size=1, max_size=20),
    st.integers(0, 300),
    st.integers(1, 200),
    st.sampled_from([(4, 4), (3, 4), (6, 8), (7, 8), (5, 16)]),
)
def test_it_writes_every_length_in_values_that_exist_and_inside_bars(onsets, start, length, meter):
    grid = BeatGrid(np.array(onsets))
    bars = bars_of(Score(time_signatures=(TimeSignature(0, *meter),)), start + length)
    written = list(pieces(start, start + length, bars, grid))
    assert [unit for _, unit, _ in written] == [
        start + sum(size for _, _, size in written[:index]) for index in range(len(written))
    ]
    assert sum(size for _, _, size in written) == length
    for index, unit, size in written:
        assert bars[index].start <= unit < unit + size <= bars[index].start + bars[index].length


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 8), st.floats(0.01, 4)), min_size=1, max_size=12))
def test_it_puts_freely_played_notes_where_values_exist(played):
    known = {96, 72, 48, 36, 24, 18, 16, 12, 9, 8, 6, 4, 3}
    notes = [
        Note(round(480 * at), 60 + index, max(round(480 * last), 1))
        for index, (at, last) in enumerate(played)
    ]
    for bar in sheet_of(score_of(*notes), 0, "major")["staves"][0]["bars"]:
        for voice in bar:
            assert {event[1] for event in voice} <= known
            assert sum(event[1] for event in voice) == 96


def test_it_writes_plain_values_plainly():
    score = score_of(Note(0, 60, 480), Note(480, 62, 240), Note(720, 64, 240), Note(1440, 65, 480))
    assert lengths(score) == [(24, True), (12, True), (12, True), (24, False), (24, True)]


def test_it_hears_triplets_and_straight_notes_in_one_bar():
    triplet = [Note(step * 160, 60 + step, 160) for step in range(3)]
    score = score_of(*triplet, Note(480, 70, 120), Note(600, 71, 360))
    assert lengths(score)[:5] == [(8, True), (8, True), (8, True), (6, True), (18, True)]


def test_it_forgives_a_player_some_hundredths():
    score = score_of(Note(7, 60, 455), Note(492, 62, 460), Note(945, 64, 500), Note(1450, 65, 470))
    assert lengths(score) == [(24, True)] * 4


def test_it_ties_over_the_bar_line():
    score = score_of(Note(1440, 60, 3360))
    assert [voice_of(score)[-1][3], voice_of(score, bar=1)[0][3], voice_of(score, bar=2)[0][3]] == [
        "start",
        "continue",
        "stop",
    ]


def test_it_gives_a_held_note_a_voice_of_its_own():
    score = score_of(Note(0, 72, 480), Note(0, 60, 1920), Note(480, 74, 1440))
    upper, lower = (voice_of(score, voice=voice) for voice in range(2))
    assert [event[1] for event in upper] == [24, 72]
    assert [event[1] for event in lower] == [96]


def test_it_divides_a_piano_part_between_two_staves_and_joins_two_piano_parts():
    low, high = [Note(0, 40, 480), Note(0, 47, 480)], [Note(0, 72, 480), Note(0, 76, 480)]
    staves = sheet_of(score_of(*low, *high, program=0), 0, "major")["staves"]
    assert [(staff["clef"], staff["pair"]) for staff in staves] == [("treble", 0), ("bass", 0)]
    assert [len(staff["bars"][0][0][0][2]) for staff in staves] == [2, 2]
    two = Score((Part(Notes.of(high), "right"), Part(Notes.of(low), "left")))
    staves = sheet_of(two, 0, "major")["staves"]
    assert [(staff["name"], staff["clef"]) for staff in staves] == [("right", "treble"), ("left", "bass")]
    assert staves[0]["pair"] == staves[1]["pair"] is not None


def test_it_keeps_the_hands_together_where_they_move_across_the_middle():
    onsets, pitches = [], []
    for step in range(20):  # both hands climb from below the middle to above it
        onsets += [step] * 2
        pitches += [40 + step, 58 + step]
    assert left_hand(onsets, pitches) == [True, False] * 20
    assert left_hand([0, 0, 0, 0], [36, 48, 60, 84])[0:1] == [True]
    assert left_hand([0], [80]) == [False]
    assert left_hand([], []) == []


@pytest.mark.parametrize(
    ("pitch", "sharps", "name"),
    [
        (61, 2, ("C", 1, 4)),
        (61, -4, ("D", -1, 4)),
        (70, -1, ("B", -1, 4)),
        (59, -6, ("C", -1, 4)),  # C flat 4 sounds below C 4
        (60, 7, ("B", 1, 3)),
        (65, 6, ("E", 1, 4)),
        (0, 0, ("C", 0, -1)),
    ],
)
def test_it_names_pitches_as_the_key_asks(pitch, sharps, name):
    assert spelled(2 * pitch, sharps) == name


def test_it_names_every_pitch_in_every_key_by_its_sound():
    semitones = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
    for sharps in range(-7, 8):
        for quarter_tones in range(256):
            step, alter, octave = spelled(quarter_tones, sharps)
            assert 2 * (12 * (octave + 1) + semitones[step] + alter) == quarter_tones


def test_it_begins_a_new_meter_where_it_holds():
    meters = (TimeSignature(0, 3, 4), TimeSignature(1440, 6, 8), TimeSignature(1440 + 720, 4, 4))
    bars = bars_of(Score(time_signatures=meters), 96 + 96)
    assert [(bar.start, bar.length, bar.meter) for bar in bars] == [
        (0, 72, (3, 4)),
        (72, 36, (6, 8)),
        (108, 96, (4, 4)),
    ]


def test_it_marks_tempi_by_bar():
    score = score_of(
        Note(0, 60, 5760), tempos=(TempoChange(0, 90.2), TempoChange(1920, 90.4), TempoChange(3840, 60))
    )
    assert sheet_of(score, 0, "major")["tempos"] == [[0, 90.0], [2, 60.0]]


def test_it_refuses_what_has_no_notation():
    drums = Score((Part(Notes.of([Note(0, 36, 10)]), is_drum=True),))
    with pytest.raises(NotationError, match="drums"):
        sheet_of(drums, 0, "major")
    with pytest.raises(NotationLimitError, match="bars"):
        sheet_of(score_of(Note(2**30, 60, 480)), 0, "major")


def test_it_names_instruments():
    assert (instrument_name(0), instrument_name(104), instrument_name(0, is_drum=True)) == (
        "Acoustic Grand Piano",
        "Sitar",
        "Drums",
    )
    assert len(set(INSTRUMENT_NAMES)) == 128
    assert sheet_of(score_of(Note(0, 60, 480)), 0, "major")["staves"][0]["name"] == "Violin"
