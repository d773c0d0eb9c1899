"""Pitch bend ⇄ cents: of single notes, of chords spread over channels, and glides."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicgen.midi import MidiWriteError, read_midi, write_midi
from musicgen.score import Curve, Note, Notes, Part, Score
from tests.musicgen.midi.midi_bytes import midi_file, note, program

CENT = 1.0
QUARTER_TONE_DOWN = b"\x00\xe0\x00\x30"  # the wheel at 6,144: a quarter of its way, 50 of 200 cents


def bend(wheel: int, *, channel: int = 0) -> bytes:
    return b"\x00" + bytes((0xE0 | channel, wheel & 0x7F, wheel >> 7))


def bend_range(semitones: int, cents: int = 0, *, channel: int = 0) -> bytes:
    settings = ((101, 0), (100, 0), (6, semitones), (38, cents), (101, 127), (100, 127))
    return b"".join(b"\x00" + bytes((0xB0 | channel, *setting)) for setting in settings)


def test_it_reads_bend_as_cents_of_the_notes_that_begin_under_it():
    track = note() + QUARTER_TONE_DOWN + note() + bend(8192) + note()
    assert [n.cents for n in read_midi(midi_file(track)).parts[0].notes] == [0.0, -50.0, 0.0]


def test_it_reads_the_range_that_a_file_sets():
    track = bend_range(12) + bend(8192 + 1024) + note() + bend_range(1, 50) + note()
    assert [n.cents for n in read_midi(midi_file(track)).parts[0].notes] == [150.0, 18.75]


def test_it_takes_other_parameters_for_no_bend_range():
    nrpn = b"\x00\xb0\x63\x00\x00\xb0\x62\x00\x00\xb0\x06\x18"
    fine_tuning = b"\x00\xb0\x65\x00\x00\xb0\x64\x01\x00\xb0\x06\x18"
    track = nrpn + fine_tuning + QUARTER_TONE_DOWN + note()
    assert read_midi(midi_file(track)).parts[0].notes[0].cents == -50.0


def test_it_bends_each_channel_for_itself_and_across_tracks():
    bends = bend(4096, channel=1)
    parts = read_midi(midi_file(bends + note(channel=0), note(channel=1) + note(channel=9))).parts
    assert [part.notes[0].cents for part in parts] == [0.0, -100.0, 0.0]


def test_it_keeps_a_glide_as_bends_of_the_part():
    track = b"\x00\x90\x3c\x40" + b"\x64\xe0\x00\x50" + b"\x64\xe0\x00\x40" + b"\x64\x80\x3c\x00"
    part = read_midi(midi_file(track)).parts[0]
    assert part.notes[0].cents == 0.0
    assert (part.bends.start_ticks.tolist(), part.bends.values.tolist()) == ([100, 200], [50.0, 0.0])
    score = Score((part,))
    assert read_midi(write_midi(score)) == score


def test_it_keeps_no_bends_where_none_moves_under_a_note():
    assert len(read_midi(midi_file(QUARTER_TONE_DOWN + note() + bend(8192) + note())).parts[0].bends) == 0


def spreadable(notes: list[Note]) -> list[Note]:
    """No two notes of one pitch and bend overlap: MIDI would mix up their ends."""
    kept: list[Note] = []
    for candidate in sorted(notes):
        if all(other.pitch != candidate.pitch or other.end_ticks <= candidate.start_ticks for other in kept):
            kept.append(candidate)
    return kept


def notes_with_cents(cents):
    return st.lists(
        st.builds(Note, st.integers(0, 900), st.integers(0, 127), st.integers(1, 90), st.just(64), cents),
        min_size=1,
        max_size=14,
    ).map(spreadable)


@settings(max_examples=200, deadline=None)
@given(notes_with_cents(st.floats(-700, 700, width=32)))
def test_it_gives_back_every_note_within_a_cent(notes):
    part = Part(Notes.of(notes), "Setar", 104)
    (again,) = read_midi(write_midi(Score((part,)))).parts
    assert (again.name, again.program, len(again.bends)) == ("Setar", 104, 0)
    assert np.abs(again.notes.cents - part.notes.cents).max() < CENT
    assert replace(again, notes=Notes()) == replace(part, notes=Notes())
    for name in ("start_ticks", "pitch", "duration_ticks", "velocity"):
        assert np.array_equal(getattr(again.notes, name), getattr(part.notes, name))
    assert read_midi(write_midi(Score((again,)))).parts == (again,)


def test_it_gives_each_note_of_a_chord_its_own_bend_beside_other_parts_and_drums():
    chord = [Note(0, 60, 480, 64, 0.0), Note(0, 63, 480, 64, 50.0), Note(0, 67, 480, 64, -31.25)]
    plain = Part(Notes.of([Note(0, 60, 480)]))
    parts = (
        plain,
        Part(Notes.of(chord), program=104),
        replace(plain, is_drum=True),
        replace(plain, program=5),
    )
    again = read_midi(write_midi(Score(parts)))
    assert [len(part.notes) for part in again.parts] == [1, 3, 1, 1]
    assert again.parts[1].notes.cents.tolist() == pytest.approx([0.0, 50.0, -31.25], abs=0.02)
    assert not any(part.notes.cents.any() for part in again.parts if len(part.notes) == 1)


def test_it_bends_no_note_that_still_sounds():
    """More different bends than channels, one after the other: channels are used again."""
    notes = [Note(step * 100, 60, 100, 64, float(step)) for step in range(60)]
    (again,) = read_midi(write_midi(Score((Part(Notes.of(notes)),)))).parts
    assert len(again.bends) == 0
    assert again.notes.cents.tolist() == pytest.approx([float(step) for step in range(60)], abs=0.02)


def test_it_keeps_two_parts_of_one_program_in_one_track_apart():
    track = program(5, 0) + program(5, 1) + QUARTER_TONE_DOWN + note(channel=0) + note(channel=1)
    assert len(read_midi(midi_file(track)).parts) == 2


def heard_cents(part):
    return (100 * part.notes.pitch + part.notes.cents).tolist()


def test_it_rounds_what_asks_for_more_bends_than_there_are_channels():
    chord = Part(Notes.of(Note(0, 60 + n, 9, 64, 3.0 * n) for n in range(16)))
    lute = Part(Notes.of([Note(0, 40, 9, 64, 33.0)]), program=24)
    plain = Part(Notes.of([Note(0, 36, 9)]), program=32)
    again = read_midi(write_midi(Score((chord, lute, plain)))).parts
    assert heard_cents(again[0]) == [100 * (60 + n) + (50 if n > 8 else 0) for n in range(16)]
    assert heard_cents(again[1]) == pytest.approx([4033], abs=CENT)
    assert heard_cents(again[2]) == [3600]


def test_it_rounds_gliding_parts_to_semitones_where_there_are_more_than_channels():
    parts = tuple(
        Part(Notes.of([Note(0, 40 + n, 9 + n, 64, 30.0)] * (n + 1)), program=n, bends=Curve([0, 5], [30, 60]))
        for n in range(20)
    )
    again = read_midi(write_midi(Score(parts))).parts
    assert sum(bool(len(part.bends)) for part in again) == 14  # one channel is left to the others
    assert {part.program for part in again if len(part.bends)} == set(range(6, 20))
    assert [heard_cents(part)[0] for part in again[:6]] == [100 * (40 + n) for n in range(6)]


def test_it_writes_the_widest_bend_that_can_be_read():
    track = bend_range(127, 127) + bend(0) + note()
    (part,) = read_midi(midi_file(track)).parts
    assert part.notes.cents.tolist() == [-12827.0]
    (again,) = read_midi(write_midi(Score((part,)))).parts
    assert again.notes.cents.tolist() == [-12700.0]


@pytest.mark.parametrize(
    ("part", "what"),
    [
        (Part(Notes.of([Note(0, 60, 9, 64, 50.0)]), is_drum=True), "drums"),
        (Part(Notes.of([Note(0, 60, 9, 64, 12828.0)])), "12,828 cents"),
        (Part(Notes.of([Note(0, 60, 9, 64, float("nan"))])), "nan"),
        (Part(Notes.of([Note(0, 60, 9)]), bends=Curve([0], [50.0])), "differ from the bend"),
    ],
)
def test_it_refuses_bends_that_midi_cannot_say(part, what):
    with pytest.raises(MidiWriteError, match=what):
        write_midi(Score((part,)))
