"""Builds MIDI bytes by hand, right or wrong, without the writer under test."""

import struct

END = b"\x00\xff\x2f\x00"


def quantity(value: int) -> bytes:
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(value & 0x7F | 0x80)
    return bytes(reversed(digits))


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack(">I", len(body)) + body


def midi_file(
    *tracks: bytes, division: int = 480, kind: int | None = None, count: int | None = None
) -> bytes:
    """Tracks are event bytes without their end of track."""
    kind = (len(tracks) > 1) if kind is None else kind
    header = struct.pack(">HHH", kind, len(tracks) if count is None else count, division)
    return chunk(b"MThd", header) + b"".join(chunk(b"MTrk", track + END) for track in tracks)


def note(
    pitch: int = 60, length: int = 480, velocity: int = 80, *, after: int = 0, channel: int = 0
) -> bytes:
    on = quantity(after) + bytes((0x90 | channel, pitch, velocity))
    return on + quantity(length) + bytes((0x80 | channel, pitch, 0))


def tempo(microseconds: int, *, after: int = 0) -> bytes:
    return quantity(after) + b"\xff\x51\x03" + microseconds.to_bytes(3, "big")


def meter(numerator: int, power: int, *, after: int = 0) -> bytes:
    return quantity(after) + b"\xff\x58\x04" + bytes((numerator, power, 24, 8))


def name(text: bytes) -> bytes:
    return b"\x00\xff\x03" + quantity(len(text)) + text


def program(number: int, channel: int = 0) -> bytes:
    return bytes((0, 0xC0 | channel, number))
