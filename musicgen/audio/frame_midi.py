"""A MIDI file told again in frames of sound: one track, one tempo, channel messages only.

midirenderer reads plain MIDI files only, stops at the last event without letting it die
away, and has no volume control. Told again, any file that `musicgen.midi` reads suits it,
ends when the sound has, and is as loud as wanted. Knows no soundfonts and no samples.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from musicgen.audio.limits import SAMPLE_RATE
from musicgen.midi import DEFAULT_LIMITS, read_midi
from musicgen.midi.chunks import END_OF_TRACK, read_chunks
from musicgen.midi.events import events

TAIL_SECONDS: Final = 5.0  # after the last event, for its dying away and the reverberation
_DIVISION: Final = SAMPLE_RATE // 2  # ticks a quarter note: without a tempo two of these are a second
_DRUM_CHANNEL: Final = 9
_CHANNELS: Final = 16
_CONTROL: Final = 0xB0
_VOLUME: Final = 7
_FINE_VOLUME: Final = 39
_DEFAULT_VOLUME: Final = 100  # of a channel whose volume was never set


@dataclass(frozen=True, slots=True)
class FramePiece:
    """The messages of a piece and when they come.

    Attributes:
        frames: when, ascending, in frames from the beginning; as many as there are messages.
        messages: each with its status byte, without a length.
        frame_count: length of the sound.
    """

    frames: tuple[int, ...]
    messages: tuple[bytes, ...]
    frame_count: int

    def midi(self, doublings: int = 0) -> bytes:
        """A MIDI file of format 0 of the piece.

        Args:
            doublings: how often the volume of every channel is doubled, at most once, or
                halved (negative): 12 dB each.
        """
        frames = (0, *self.frames)
        start = (_volume(channel, _DEFAULT_VOLUME, doublings) for channel in range(_CHANNELS))
        pieces = [b"\0", b"\0".join(start)]
        for (former, frame), message in zip(pairwise(frames), self.messages, strict=True):
            if message[0] & 0xF0 == _CONTROL and message[1] == _VOLUME:
                message = _volume(message[0] & 0x0F, message[2] & 0x7F, doublings)
            pieces += [_quantity(frame - former), message]
        pieces += [_quantity(self.frame_count - frames[-1]), END_OF_TRACK]
        body = b"".join(pieces)
        return struct.pack(">4sIHHH4sI", b"MThd", 6, 0, 1, _DIVISION, b"MTrk", len(body)) + body


def frame_piece(midi: bytes, *, drums: bool = True) -> FramePiece:
    """Tell a MIDI file again.

    Args:
        midi: a file that `read_midi` reads.
        drums: whether there are drums to play; without them their notes are left out, as
            they would be played by the piano.

    Raises:
        MidiError: it does not read it.
    """
    score = read_midi(midi)
    chunks = read_chunks(midi, DEFAULT_LIMITS)
    ticks: list[int] = []
    messages: list[bytes] = []
    for start, end in chunks.tracks:
        for tick, status, content in events(chunks.data, start, end):
            if status >= 0xF0 or (not drums and status in (0x90 | _DRUM_CHANNEL, 0x80 | _DRUM_CHANNEL)):
                continue
            length = 1 if 0xC0 <= status < 0xE0 else 2
            message = bytes((status,)) + chunks.data[content : content + length]
            if status & 0xF0 == _CONTROL and message[1] == _FINE_VOLUME:
                continue  # no step of it is heard, and it carries the rest of the halved volume
            ticks.append(tick)
            messages.append(message)
    order = np.argsort(ticks, kind="stable")  # at one tick in the order of the tracks
    frames = np.rint(score.seconds_at(np.array(ticks, np.int64)[order]) * SAMPLE_RATE).astype(np.int64)
    last = max(float(frames.max(initial=0)), score.duration_seconds * SAMPLE_RATE)
    return FramePiece(
        tuple(frames.tolist()),
        tuple(messages[index] for index in order.tolist()),
        int(last + TAIL_SECONDS * SAMPLE_RATE),
    )


def _volume(channel: int, value: int, doublings: int) -> bytes:
    """Two messages that set the volume in 14 bits, so that halving keeps the balance exactly.

    Doubled, the first may hold up to 254, which MIDI does not know but midirenderer takes as it is.
    """
    volume = round(value * 2.0 ** (7 + doublings))
    status = _CONTROL | channel
    return bytes((status, _VOLUME, volume >> 7, 0, status, _FINE_VOLUME, volume & 0x7F))


def _quantity(value: int) -> bytes:
    """A variable-length quantity: 7 bits a byte, the highest first, all but the last marked."""
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(value & 0x7F | 0x80)
    return bytes(reversed(digits))
