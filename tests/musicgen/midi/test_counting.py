"""Events counted in stretches are those that are found one by one."""

import random

from musicgen.midi.chunks import read_chunks
from musicgen.midi.counting import count_events
from musicgen.midi.errors import DamagedMidiError
from musicgen.midi.events import events
from musicgen.midi.limits import DEFAULT_LIMITS
from tests.musicgen.midi.midi_bytes import midi_file, quantity

PIECES = (  # under a status of their own each, most with the same again without one
    b"\x90\x3c\x40",
    b"\x90\x3c\x40\x81\x00\x3c\x00",
    b"\xc0\x05\x00\x06",
    b"\xc0\x05\x00\xff\x01\x00\x00\x06\x00\x07",
    b"\xd3\x05",
    b"\xe1\x00\x40\x83\x60\x01\x40",
    b"\xff\x01\x00",
    b"\xff\x05\x03lyr",
    b"\xff\x01" + quantity(200) + b"\x90" * 200,
    b"\xf0\x04\x7e\x7f\x09\xf7",
)


def walked(data: bytes, start: int, end: int) -> int:
    count = 0
    try:
        for _ in events(data, start, end):
            count += 1
    except DamagedMidiError:
        pass
    return count


def test_it_counts_what_is_there():
    rng = random.Random(3)
    for _ in range(300):
        body = b"".join(
            quantity(rng.choice((0, 1, 127, 128, 20_000, 2**27))) + rng.choice(PIECES)
            for _ in range(rng.randrange(60))
        )
        chunks = read_chunks(midi_file(body), DEFAULT_LIMITS)
        assert count_events(chunks.data, *chunks.tracks[0], 10**6) == walked(chunks.data, *chunks.tracks[0])


def test_it_counts_no_more_than_there_is_in_damaged_tracks():
    rng = random.Random(4)
    for _ in range(2000):
        body = bytearray(b"".join(quantity(1) + rng.choice(PIECES) for _ in range(9)))
        for _ in range(2):
            body[rng.randrange(len(body))] = rng.randrange(256)
        chunks = read_chunks(midi_file(bytes(body)), DEFAULT_LIMITS)
        span = chunks.tracks[0]
        # What broke off is counted once: it is not known as broken.
        assert count_events(chunks.data, *span, 10**6) <= walked(chunks.data, *span) + 1


def test_it_stops_when_there_is_enough():
    data = midi_file((b"\x00\xff\x01\x00" + b"\x00\xc0\x05") * 10_000)
    chunks = read_chunks(data, DEFAULT_LIMITS)
    assert 10 <= count_events(chunks.data, *chunks.tracks[0], 10) < 2000
