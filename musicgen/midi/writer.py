"""Score → MIDI bytes: format 1, a conductor track and a track for each part.

The same score gives the same bytes. `read_midi` gives back notes (their cents to the step of
the pitch wheel), glides, pedals, tempi (to the microsecond a quarter note), time and key
signatures, names, programs, banks, drums and title, with these exceptions: a part without notes
is not found again; where one part holds two notes of one pitch of which the later one ends
first, MIDI cannot say so: their ends change places; parts beyond the fifteenth share channels,
and so their pedals and banks; drums have neither; where more different bends sound at a time than
MIDI has channels, the parts with the most are rounded to quarter tones, then to semitones.
"""

from __future__ import annotations

import struct
from typing import Final

from musicgen.midi import channels as control
from musicgen.midi.chunks import END_OF_TRACK
from musicgen.midi.errors import MidiWriteError
from musicgen.midi.spreading import Spread, fitting_parts, spread_parts
from musicgen.midi.tracks import ONE_PART
from musicgen.score import Part, Score

_MICROSECONDS_PER_MINUTE: Final = 60e6
_MAX_MICROSECONDS: Final = 2**24 - 1  # a tempo event has three bytes
_MAX_DELTA: Final = 2**28 - 1  # a variable-length quantity has four
_MAX_BANK: Final = 2**14 - 1
# At one tick: what sets the scene, then ends, then pedal and bends, then onsets: a pitch may be
# struck again, and what ends is neither held nor bent by what comes.
_SCENE, _OFF, _CHANGE, _ON = 0, 1, 2, 3

_Message = tuple[int, int, bytes]  # tick, order within the tick, bytes


def write_midi(score: Score) -> bytes:
    """The score as a Standard MIDI File of format 1.

    Raises:
        MidiWriteError: a tempo, time or key signature, time, program, bank, pedal or resolution
            that MIDI cannot say.
    """
    if not 1 <= score.ticks_per_quarter <= 0x7FFF:
        raise MidiWriteError(
            f"{score.ticks_per_quarter} ticks a quarter note cannot be written; MIDI takes 1 to 32,767."
        )
    tracks = [_track(_conductor(score))]
    parts = fitting_parts(score.parts)
    for part, spread in zip(parts, spread_parts(parts), strict=True):
        tracks.append(_track(_part(part, spread)))
    header = struct.pack(">4sIHHH", b"MThd", 6, 1, len(tracks), score.ticks_per_quarter)
    return header + b"".join(tracks)


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
    for key in score.key_signatures:
        if not -7 <= key.sharps <= 7:
            raise MidiWriteError(
                f"The key signature of {key.sharps} sharps at tick {key.start_ticks:,} cannot be written; "
                "MIDI takes 7 flats (−7) to 7 sharps."
            )
        content = bytes((key.sharps & 0xFF, key.is_minor))
        messages.append((key.start_ticks, _SCENE, b"\xff\x59\x02" + content))
    return messages


def _part(part: Part, spread: Spread) -> list[_Message]:
    messages = [(0, _SCENE, _text(3, part.name))] if part.name else []
    if len(spread.channels) > 1:
        messages.append((0, _SCENE, b"\xff\x7f" + _quantity(len(ONE_PART)) + ONE_PART))
    for channel in spread.channels:
        messages += [(0, _SCENE, message) for message in _instrument(part, spread, channel)]
        if not part.is_drum:
            messages += _pedal(part, channel)
    for tick, channel, wheel in spread.bends:
        messages.append((tick, _CHANGE, bytes((0xE0 | channel, wheel & 0x7F, wheel >> 7))))
    notes = part.notes
    columns = (
        column.tolist() for column in (notes.start_ticks, notes.end_ticks, notes.pitch, notes.velocity)
    )
    for start, end, pitch, velocity, channel in zip(*columns, spread.channel_of_note, strict=True):
        messages.append((start, _ON, bytes((0x90 | channel, pitch, velocity))))
        messages.append((end, _OFF, bytes((0x80 | channel, pitch, 0))))
    return messages


def _instrument(part: Part, spread: Spread, channel: int) -> list[bytes]:
    """What a channel is told before its first note."""
    if not 0 <= part.program <= 127:
        raise MidiWriteError(f"Part {part.name!r} has program {part.program}; MIDI takes 0 to 127.")
    if not 0 <= part.bank <= _MAX_BANK:
        raise MidiWriteError(f"Part {part.name!r} has bank {part.bank}; MIDI takes 0 to {_MAX_BANK:,}.")
    settings: list[tuple[int, int]] = []
    if part.bank and not part.is_drum:
        settings += [(control.BANK_COARSE, part.bank >> 7), (control.BANK_FINE, part.bank & 0x7F)]
    messages = [bytes((0xB0 | channel, *setting)) for setting in settings]
    messages.append(bytes((0xC0 | channel, part.program)))
    if spread.range_semitones is not None:
        bend_range = (
            *((control.RPN_COARSE, 0), (control.RPN_FINE, 0)),
            *((control.DATA_COARSE, spread.range_semitones), (control.DATA_FINE, 0)),
            # No parameter any more, so that a stray data entry changes nothing.
            *((control.RPN_COARSE, 127), (control.RPN_FINE, 127)),
        )
        messages += [bytes((0xB0 | channel, *setting)) for setting in bend_range]
    return messages


def _pedal(part: Part, channel: int) -> list[_Message]:
    messages = []
    for tick, value in zip(part.pedal.start_ticks.tolist(), part.pedal.values.tolist(), strict=True):
        if not 0 <= value <= 127:
            raise MidiWriteError(f"The pedal of part {part.name!r} is at {value:g}; MIDI takes 0 to 127.")
        messages.append((tick, _CHANGE, bytes((0xB0 | channel, control.PEDAL, round(value)))))
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
