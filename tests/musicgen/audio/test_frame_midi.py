"""Pieces told again in frames: what is kept, when it comes, how loud it is."""

import io
import struct

import midirenderer
import pytest
import soundfile

from musicgen.audio.frame_midi import TAIL_SECONDS, frame_piece
from musicgen.audio.sf3 import expand_sf3
from musicgen.audio.soundfonts import PLAIN_PIANO
from musicgen.midi import read_midi, write_midi
from musicgen.score import Note, Notes, Part, Score, TempoChange
from tests.musicgen.audio.pieces import midi_of, scale

RATE = 48_000


def two_parts():
    piano = Part(Notes.of([Note(0, 60, 480, 80), Note(960, 62, 480, 70)]))
    drums = Part(Notes.of([Note(480, 38, 240, 100)]), is_drum=True)
    return Score((piano, drums), tempos=(TempoChange(0, 60.0), TempoChange(480, 240.0)))


def track(*events):
    body = b"".join(events) + b"\0\xff\x2f\0"
    return struct.pack(">4sIHHH4sI", b"MThd", 6, 0, 1, 480, b"MTrk", len(body)) + body


def notes_of(score):
    return [[(note.pitch, note.velocity) for note in part.notes] for part in score.parts]


def test_it_keeps_notes_programs_and_their_times():
    score = two_parts()
    again = read_midi(frame_piece(write_midi(score)).midi())
    assert sorted(notes_of(again)) == sorted(notes_of(score))
    assert again.duration_seconds == pytest.approx(score.duration_seconds, abs=1e-4)
    piano = next(part for part in again.parts if not part.is_drum)
    # The second note: a quarter at 60 and another at 240 a minute.
    assert again.seconds_at(piano.notes.start_ticks).tolist() == pytest.approx([0, 1.25], abs=1e-4)
    violin = read_midi(frame_piece(midi_of(scale(program=40))).midi())
    assert violin.parts[0].program == 40


def test_it_leaves_time_for_the_last_note_to_die_away():
    piece = frame_piece(midi_of(scale()))
    assert piece.frame_count == (2 + TAIL_SECONDS) * RATE
    assert piece.frames[-1] == 2 * RATE


def test_it_leaves_out_drums_that_nothing_plays():
    assert len(read_midi(frame_piece(write_midi(two_parts()), drums=False).midi()).parts) == 1
    alone = frame_piece(write_midi(Score((Part(Notes.of([Note(0, 38, 480)]), is_drum=True),))), drums=False)
    assert alone.frame_count >= (0.5 + TAIL_SECONDS) * RATE


def test_it_keeps_pedal_and_bend_but_no_text():
    data = track(
        b"\0\xff\x03\x04name",
        b"\0\xb0\x40\x7f",
        b"\0\xf0\x03\x7e\x00\xf7",
        b"\0\x90\x3c\x40",
        b"\x60\xe0\x00\x50",
        b"\x60\x80\x3c\x40",
    )
    assert frame_piece(data).messages == (b"\xb0\x40\x7f", b"\x90\x3c\x40", b"\xe0\x00\x50", b"\x80\x3c\x40")
    assert frame_piece(data).frames == (0, 0, 4_800, 9_600)


def test_it_orders_events_of_one_moment_by_track():
    first = b"\0\xc0\x06\x83\x60\x90\x3c\x40\x83\x60\x80\x3c\x40\0\xff\x2f\0"
    second = b"\0\xc1\x07\x83\x60\x91\x40\x40\x83\x60\x81\x40\x40\0\xff\x2f\0"
    tracks = b"".join(struct.pack(">4sI", b"MTrk", len(body)) + body for body in (first, second))
    piece = frame_piece(struct.pack(">4sIHHH", b"MThd", 6, 1, 2, 480) + tracks)
    assert [message[0] for message in piece.messages] == [0xC0, 0xC1, 0x90, 0x91, 0x80, 0x81]
    assert piece.frames == (0, 0, 24_000, 24_000, 48_000, 48_000)


@pytest.mark.parametrize(("doublings", "default", "soft"), [(0, 100, 33), (1, 200, 66), (-2, 25, 8.25)])
def test_it_scales_every_volume_alike(doublings, default, soft):
    data = track(b"\0\xb3\x07\x21", b"\0\xb3\x27\x55", b"\0\x93\x3c\x40", b"\x60\x83\x3c\x40")
    midi = frame_piece(data).midi(doublings)
    for channel, volume in [*((c, default) for c in range(16)), (3, soft)]:
        coarse, fine = int(volume), int(volume % 1 * 128)
        status = 0xB0 | channel
        assert bytes((status, 7, coarse, 0, status, 39, fine)) in midi
    assert b"\xb3\x27\x55" not in midi


def test_it_is_heard_twelve_decibels_louder_each_time():
    font = expand_sf3(PLAIN_PIANO.read_bytes())
    piece = frame_piece(midi_of(scale(program=0)))
    levels = []
    for doublings in (-1, 0, 1):
        wav = midirenderer.render_wave_from(font, piece.midi(doublings))
        levels.append(soundfile.read(io.BytesIO(wav))[0].std())
    assert levels[1] / levels[0] == pytest.approx(4, rel=0.06)  # 16 bits are coarse for the softest
    assert levels[2] / levels[1] == pytest.approx(4, rel=0.02)
