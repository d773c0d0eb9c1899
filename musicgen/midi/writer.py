"""Score → MIDI bytes: format 1, a conductor track and a track for each part.

The same score gives the same bytes. `read_midi` gives back notes, tempi (to the microsecond a
quarter note), time signatures, names, programs, drums and title, with these exceptions: a part
without notes is not found again, and where one part holds two notes of one pitch of which the
later one ends first, MIDI cannot say so: their ends change places.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Final

from musicgen.midi.chunks import END_OF_TRACK
from musicgen.midi.errors import MidiWriteError
from musicgen.score import Part, Score

_MICROSECONDS_PER_MINUTE: Final = 60e6
_MAX_MICROSECONDS: Final = 2**24 - 1  # a tempo event has three bytes
_MAX_DELTA: Final = 2**28 - 1  # a variable-length quantity has four
_DRUM_CHANNEL: Final = 9
_PITCHED_CHANNELS: Final = tuple(channel for channel in range(16) if channel != _DRUM_CHANNEL)
# At one tick: what sets the scene, then ends, then onsets, so that a pitch may be struck again.
_SCENE, _OFF, _ON = 0, 1, 2

_Message = tuple[int, int, bytes]  # tick, order within the tick, bytes


def write_midi(score: Score) -> bytes:
    """The score as a Standard MIDI File of format 1.

    Raises:
        MidiWriteError: a tempo, time signature, time, program or resolution that MIDI cannot
            say, or a note with cents, which are not written yet.
    """
    if not 1 <= score.ticks_per_quarter <= 0x7FFF:
        raise MidiWriteError(
            f"{score.ticks_per_quarter} ticks a quarter note cannot be written; MIDI takes 1 to 32,767."
        )
    tracks = [_track(_conductor(score))]
    for part, channel in zip(score.parts, _channels(score.parts), strict=True):
        tracks.append(_track(_part(part, channel)))
    header = struct.pack(">4sIHHH", b"MThd", 6, 1, len(tracks), score.ticks_per_quarter)
    return header + b"".join(tracks)


def _channels(parts: Iterable[Part]) -> list[int]:
    """A channel for each part: 10 for drums, one of the others for each while they last.

    After the fifteenth, parts share channels; those of one program share first.
    """
    channels: list[int] = []
    of_program: dict[int, int] = {}
    pitched = 0
    for part in parts:
        if part.is_drum:
            channels.append(_DRUM_CHANNEL)
            continue
        channel = _PITCHED_CHANNELS[pitched % len(_PITCHED_CHANNELS)]
        if pitched >= len(_PITCHED_CHANNELS):
            channel = of_program.get(part.program, channel)
        of_program.setdefault(part.program, channel)
        channels.append(channel)
        pitched += 1
    return channels


def _conductor(score: Score) -> list[_Message]:
    messages = [(0, _SCENE, _text(3, score.title))] if score.title else []
    for tempo in score.tempos:
        microseconds = round(_MICROSECONDS_PER_MINUTE / tempo.tempo_bpm) if tempo.tempo_bpm > 0 else 0
        if not 1 <= microseconds <= _MAX_MICROSECONDS:
            raise MidiWriteError(
                f"The tempo of {tempo.tempo_bpm} at tick {tempo.start_ticks:,} cannot be written; "
                "MIDI takes 3.58 to 60,000,000 quarter notes a minute."
            )
        messages.append((tempo.start_ticks, _SCENE, b"\xff\x51\x03" + microseconds.to_bytes(3, "big")))
    for meter in score.time_signatures:
        power = meter.denominator.bit_length() - 1
        if not 1 <= meter.numerator <= 255 or not 0 <= power <= 7 or 1 << power != meter.denominator:
            raise MidiWriteError(
                f"The meter {meter.numerator}/{meter.denominator} at tick {meter.start_ticks:,} cannot be "
                "written; MIDI takes 1 to 255 over a power of two up to 128."
            )
        # 24 MIDI clocks a click and 8 32nds a quarter are what the format calls usual.
        content = bytes((meter.numerator, power, 24, 8))
        messages.append((meter.start_ticks, _SCENE, b"\xff\x58\x04" + content))
    return messages


def _part(part: Part, channel: int) -> list[_Message]:
    if not 0 <= part.program <= 127:
        raise MidiWriteError(f"Part {part.name!r} has program {part.program}; MIDI takes 0 to 127.")
    if part.notes.cents.any():
        raise MidiWriteError(
            f"Part {part.name!r} has notes off the semitones (cents), which are not written yet; "
            "set their cents to 0 to write the nearest semitones."
        )
    messages = [(0, _SCENE, _text(3, part.name))] if part.name else []
    messages.append((0, _SCENE, bytes((0xC0 | channel, part.program))))
    notes = part.notes
    columns = (notes.start_ticks, notes.end_ticks, notes.pitch, notes.velocity)
    for start, end, pitch, velocity in zip(*(column.tolist() for column in columns), strict=True):
        messages.append((start, _ON, bytes((0x90 | channel, pitch, velocity))))
        messages.append((end, _OFF, bytes((0x80 | channel, pitch, 0))))
    return messages


def _text(kind: int, text: str) -> bytes:
    content = text.encode("utf-8", errors="replace")
    return bytes((0xFF, kind)) + _quantity(len(content)) + content


def _track(messages: list[_Message]) -> bytes:
    messages.sort(key=lambda message: message[:2])
    pieces = []
    now = 0
    for tick, _, message in messages:
        pieces += [_quantity(tick - now), message]
        now = tick
    body = b"".join(pieces) + b"\0" + END_OF_TRACK
    return struct.pack(">4sI", b"MTrk", len(body)) + body


def _quantity(value: int) -> bytes:
    """A variable-length quantity: 7 bits a byte, the highest first, all but the last marked."""
    if value < 0x80:
        return bytes((value,))
    if value > _MAX_DELTA:
        raise MidiWriteError(
            f"{value:,} ticks without an event cannot be written; MIDI takes {_MAX_DELTA:,}. "
            "Lower the ticks a quarter note, or cut the silence."
        )
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(value & 0x7F | 0x80)
    return bytes(reversed(digits))
