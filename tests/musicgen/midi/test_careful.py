"""Our own reader: equal to the parser where both can read, and whole where only it can."""

import struct

import pytest
from hypothesis import given, settings

from musicgen.midi import DEFAULT_LIMITS, DamagedMidiError, read_midi_report, write_midi
from musicgen.midi.careful import read_carefully
from musicgen.midi.chunks import read_chunks
from musicgen.midi.quick import read_quickly
from musicgen.score import KeySignature, Note, TempoChange
from tests.musicgen.midi.midi_bytes import END, chunk, meter, midi_file, name, note, program, quantity, tempo
from tests.musicgen.midi.test_writer import ANY, SCORES

HEADER = chunk(b"MThd", struct.pack(">HHH", 1, 1, 480))
PEDAL_DOWN, PEDAL_UP = b"\x00\xb0\x40\x7f", b"\x00\xb0\x40\x00"


def read(data):
    result = read_midi_report(data)
    return result.score, [repair.kind for repair in result.repairs]


@settings(max_examples=150, deadline=None)
@given(SCORES)
def test_it_reads_what_the_parser_reads(score):
    chunks = read_chunks(write_midi(score), ANY)
    quick = read_quickly(chunks, ANY)
    by_hand = read_carefully(chunks, ANY)
    assert by_hand[0] == score
    assert quick is None or (*quick, ()) == by_hand


def test_it_leaves_ordinary_files_to_the_parser():
    track = name(b"Piano") + program(3) + PEDAL_DOWN + note() + note(62) + PEDAL_UP
    data = midi_file(name(b"Song") + tempo(400_000) + meter(3, 2), track)
    assert read_midi_report(data).reader == "symusic"
    chunks = read_chunks(data, DEFAULT_LIMITS)
    assert (*read_quickly(chunks, DEFAULT_LIMITS), ()) == read_carefully(chunks, DEFAULT_LIMITS)


@pytest.mark.parametrize(
    "track",
    [
        note() + b"\x00\x90\x3c\x40",  # never ended
        note() + b"\x00\xb0\x00\x01" + program(0) + note(),  # of two banks
        b"\x00\xb0\x79\x00\x00\xe0\x00\x30" + note(),  # reset and bent at one tick
    ],
)
def test_it_reads_what_the_parser_does_not_tell(track):
    assert read_midi_report(midi_file(track)).reader == "own"


def test_it_gives_the_pedal_of_a_channel_to_its_notes_in_every_track():
    parts = read_midi_report(midi_file(note(), note(40), PEDAL_DOWN)).score.parts
    assert [part.pedal.values.tolist() for part in parts] == [[127.0], [127.0]]


def test_it_takes_programs_from_a_track_that_only_sets_up():
    parts = read_midi_report(midi_file(program(40, 0) + program(5, 1), note() + note(channel=1))).score.parts
    assert [part.program for part in parts] == [40, 5]


def test_it_reads_bank_and_program_together():
    track = b"\x00\xb0\x00\x08\x00\x20\x02" + program(24) + note()
    assert read_midi_report(midi_file(track)).score.parts[0].bank == 8 * 128 + 2
    parts = read_midi_report(midi_file(track + b"\x00\xb0\x00\x00" + note() + note())).score.parts
    assert [(part.bank, len(part.notes)) for part in parts] == [(2, 2), (8 * 128 + 2, 1)]


def test_it_ends_a_note_that_nothing_ends_where_its_pitch_is_struck_next():
    track = b"\x00\x90\x3c\x40" + note(60, 100, after=500) + note(60, 100, after=500) + note(62)
    score, repairs = read(midi_file(track))
    assert repairs == ["hanging_notes"]
    assert [(n.start_ticks, n.end_ticks) for n in score.parts[0].notes if n.pitch == 60] == [
        (0, 500),
        (500, 600),
        (1100, 1200),
    ]


def test_it_keeps_key_signatures_that_exist():
    keys = b"\x00\xff\x59\x02\x03\x01" + b"\x0a\xff\x59\x02\xfe\x00" + b"\x0a\xff\x59\x02\x09\x00"
    assert read(midi_file(keys + note()))[0].key_signatures == (
        KeySignature(0, 3, True),
        KeySignature(10, -2),
    )


def test_it_reads_the_tracks_behind_one_of_wrong_length():
    first, second = note(60) + END, note(72) + END
    for claimed in (len(first) - 3, len(first) + 5):
        data = HEADER + b"MTrk" + struct.pack(">I", claimed) + first + chunk(b"MTrk", second)
        score, repairs = read(data)
        assert [part.notes[0].pitch for part in score.parts] == [60, 72]
        assert repairs == ["track_length", "track_count"]


def test_it_keeps_what_lies_before_the_damage():
    score, repairs = read(midi_file(note(60) + note(62) + b"\x00\xf4\x99" + note(64), note(40)))
    assert [n.pitch for n in score.all_notes()] == [40, 60, 62]
    assert repairs == ["broken_track"]
    with pytest.raises(DamagedMidiError):
        read(midi_file(b"\x00\xf4\x99" + note(64)))


def test_it_plays_format_2_one_after_the_other_each_with_its_own_tempo():
    bend = b"\x00\xe0\x00\x30"
    score, repairs = read(midi_file(tempo(250_000) + bend + note(60), note(62), kind=2))
    assert repairs == ["sequences"]
    assert [list(part.notes) for part in score.parts] == [
        [Note(0, 60, 480, 80, -50.0)],
        [Note(480, 62, 480, 80)],
    ]
    assert score.tempos == (TempoChange(0, 240.0), TempoChange(480, 120.0))


def test_it_says_where_a_track_has_no_end():
    data = HEADER + chunk(b"MTrk", note())
    assert read(data)[1] == ["end_of_track"]


def test_it_passes_over_lyrics():
    syllables = b"".join(quantity(100) + b"\xff\x05\x02la" for _ in range(5))
    assert read(midi_file(b"\x00\xff\x01\x05@KMID" + note() + syllables))[0].note_count == 1
