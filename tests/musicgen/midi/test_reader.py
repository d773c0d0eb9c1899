"""What `read_midi` gives for bytes whose meaning is known by hand."""

import struct

import pytest

from musicgen.midi import DEFAULT_LIMITS, MidiLimitError, MidiLimits, NotMidiError, read_midi
from musicgen.score import Note, TempoChange, TimeSignature
from tests.musicgen.midi.midi_bytes import END, chunk, meter, midi_file, name, note, program, quantity, tempo


def test_it_reads_every_property_of_a_note():
    score = read_midi(midi_file(note(61, 120, 33, after=60), division=96))
    assert score.ticks_per_quarter == 96
    assert list(score.parts[0].notes) == [Note(60, 61, 120, 33)]


def test_it_reads_a_path_as_its_bytes(tmp_path):
    data = midi_file(note())
    (tmp_path / "a.mid").write_bytes(data)
    assert read_midi(tmp_path / "a.mid") == read_midi(data)


def test_it_reads_tempi_and_meters_with_their_times():
    score = read_midi(midi_file(tempo(600_000) + meter(6, 3) + tempo(300_000, after=960), note(length=1920)))
    assert score.tempos == (TempoChange(0, 100.0), TempoChange(960, 200.0))
    assert score.time_signatures == (TimeSignature(0, 6, 8),)
    assert score.duration_seconds == pytest.approx(2 * 0.6 + 2 * 0.3)


def test_it_lets_the_last_of_two_tempi_at_one_tick_hold():
    score = read_midi(midi_file(tempo(600_000) + tempo(300_000) + note()))
    assert score.tempos == (TempoChange(0, 200.0),)


def test_it_makes_a_part_of_each_channel_and_program():
    track = program(40) + note(channel=0) + note(channel=9) + program(41) + note(72)
    parts = read_midi(midi_file(name(b"Geige") + track)).parts
    assert {(part.program, part.is_drum, len(part.notes)) for part in parts} == {
        (40, False, 1),
        (0, True, 1),
        (41, False, 1),
    }
    assert {part.name for part in parts} == {"Geige"}


def test_it_takes_the_name_of_a_track_without_notes_for_the_title():
    conductor = name("آهنگ".encode())
    assert read_midi(midi_file(conductor, name(b"Piano") + note())).title == "آهنگ"
    score = read_midi(midi_file(name(b"Piano") + note(), note()))
    assert (score.title, score.parts[0].name) == ("", "Piano")


def test_it_ends_equal_pitches_in_the_order_of_their_beginnings():
    track = b"\x00\x90\x3c\x40" + b"\x10\x90\x3c\x50" + b"\x10\x80\x3c\x00" + b"\x10\x80\x3c\x00"
    assert list(read_midi(midi_file(track)).parts[0].notes) == [Note(0, 60, 32, 64), Note(16, 60, 32, 80)]


def test_it_gives_a_note_without_length_one_tick():
    assert list(read_midi(midi_file(note(length=0))).parts[0].notes) == [Note(0, 60, 1, 80)]


def test_it_understands_running_status_and_note_on_without_velocity_as_end():
    track = b"\x00\x90\x3c\x40" + b"\x60\x3c\x00" + b"\x00\x3e\x40" + b"\x60\x3e\x00"
    assert list(read_midi(midi_file(track)).parts[0].notes) == [Note(0, 60, 96, 64), Note(96, 62, 96, 64)]


@pytest.mark.parametrize(
    ("division", "seconds"),
    [(0xE728, 0.48), (0xE828, 0.5), (0xE250, 0.2), (0xE350, 480 / 80 / (30_000 / 1001))],
    ids=["25x40", "24x40", "30x80", "29.97x80"],
)
def test_it_reads_smpte_time_and_ignores_tempi_in_it(division, seconds):
    score = read_midi(midi_file(tempo(123_456) + note(length=480), division=division))
    assert score.duration_seconds == pytest.approx(seconds, rel=1e-6)


def test_it_reads_a_file_in_a_riff_wrapper():
    data = midi_file(note())
    body = b"RMID" + b"LIST\x03\x00\x00\x00abc\x00" + b"data" + struct.pack("<I", len(data)) + data
    assert read_midi(b"RIFF" + struct.pack("<I", len(body)) + body) == read_midi(data)


def test_it_reads_a_longer_header_and_passes_over_chunks_it_does_not_know():
    header = chunk(b"MThd", struct.pack(">HHH", 1, 2, 480) + b"future")
    body = chunk(b"XFIH", b"what") + chunk(b"MTrk", note() + END) + b"junk"
    assert read_midi(header + body).note_count == 1


def test_it_leaves_out_meters_that_are_none():
    assert read_midi(midi_file(meter(0, 2) + meter(4, 255, after=1) + note())).time_signatures == ()


def test_it_says_what_a_file_is_that_is_no_midi():
    with pytest.raises(NotMidiError, match="zip archive"):
        read_midi(b"PK\x03\x04" + bytes(100))
    with pytest.raises(NotMidiError, match="empty"):
        read_midi(b"")


def test_it_accepts_exactly_the_limits_and_nothing_more():
    two = midi_file(note(length=480) + note(length=480))  # 2 quarter notes, 1 second
    exact = MidiLimits(max_bytes=len(two), max_notes=2, max_tracks=1, max_seconds=1.0)
    assert read_midi(two, exact).note_count == 2
    for smaller in (
        MidiLimits(max_bytes=len(two) - 1),
        MidiLimits(max_notes=1),
        MidiLimits(max_tracks=0),
        MidiLimits(max_seconds=0.999),
    ):
        with pytest.raises(MidiLimitError):
            read_midi(two, smaller)


def test_it_reads_a_file_of_as_many_notes_as_are_allowed():
    track = b"".join(note(pitch % 128, length=1) for pitch in range(DEFAULT_LIMITS.max_notes))
    assert read_midi(midi_file(track)).note_count == DEFAULT_LIMITS.max_notes


def test_it_counts_silence_after_the_last_note_against_the_time_limit():
    late_end = chunk(b"MThd", struct.pack(">HHH", 0, 1, 480)) + chunk(b"MTrk", note() + b"\x9f\x00" + END[1:])
    assert read_midi(late_end, MidiLimits(max_seconds=5)).note_count == 1
    with pytest.raises(MidiLimitError, match=r"lasts 4\.6 seconds"):
        read_midi(late_end, MidiLimits(max_seconds=4))


@pytest.mark.parametrize("start", [b"\x00\xf0", b"\x00\xff\x01"], ids=["exclusive", "text"])
def test_it_passes_over_a_megabyte_that_says_nothing(start):
    megabyte = start + quantity(2**20) + b"\x01" * 2**20
    assert read_midi(midi_file(megabyte + note())).note_count == 1


def test_it_reads_an_hour_exactly_and_no_longer():
    eighth = note(length=240)  # a quarter of a second at 120 bpm
    assert read_midi(midi_file(eighth * (4 * 3600))).duration_seconds == 3600.0
    with pytest.raises(MidiLimitError, match="lasts"):
        read_midi(midi_file(eighth * (4 * 3600 + 1)))
