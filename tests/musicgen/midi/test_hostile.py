"""Files made to hurt are refused with a reason, before the parser could take harm."""

import random
import struct
import subprocess
import sys
import tracemalloc

import pytest

from musicgen.midi import (
    DamagedMidiError,
    MidiError,
    MidiLimitError,
    read_midi,
    write_midi,
)
from tests.musicgen.midi.midi_bytes import chunk, midi_file, note, program, quantity, tempo

LONGEST = quantity(2**28 - 1)
HEADER = chunk(b"MThd", struct.pack(">HHH", 0, 1, 480))
SEVERAL_LONGEST = (LONGEST + b"\xff\x01\x00") * 16  # as many ticks as 32 bits hold, so that they begin anew


def many_programs(count: int) -> bytes:
    """A few hundred bytes for each hundred instruments."""
    return b"".join(
        program(number, channel) + note(length=1, channel=channel)
        for number in range(128)
        for channel in range(16)
        if number * 16 + channel < count
    )


HOSTILE = {
    "maximal delta before a note": (MidiLimitError, midi_file(LONGEST + note()[1:])),
    "maximal delta before the end": (
        MidiLimitError,
        HEADER + chunk(b"MTrk", note() + LONGEST + b"\xff\x2f\x00"),
    ),
    "more ticks than 32 bits hold": (MidiLimitError, midi_file(SEVERAL_LONGEST + note(), division=32767)),
    "ticks that overflow at a tempo that passes": (
        MidiLimitError,
        midi_file(tempo(1) + SEVERAL_LONGEST + note(), division=32767),
    ),
    "tempo 0": (DamagedMidiError, midi_file(tempo(0) + note())),
    "division 0": (DamagedMidiError, midi_file(note(), division=0)),
    "impossible SMPTE rate": (DamagedMidiError, midi_file(note(), division=0xFF01)),
    "65,535 tracks claimed": (MidiLimitError, midi_file(note(), count=65_535)),
    "65 tracks present, 1 claimed": (MidiLimitError, midi_file(*[note()] * 65, count=1)),
    "4 GiB of track claimed, nothing there": (DamagedMidiError, HEADER + b"MTrk\xff\xff\xff\xff"),
    "2 GiB of header claimed": (DamagedMidiError, b"MThd\x7f\xff\xff\xff" + HEADER[8:]),
    "an event longer than its track": (DamagedMidiError, midi_file(b"\x00\xff\x01\xff\xff\xff\x7f")),
    "a quantity of five bytes": (DamagedMidiError, midi_file(b"\x81\x81\x81\x81\x01\x90\x3c\x40")),
    "350,000 notes": (MidiLimitError, midi_file(b"\x00\x90\x3c\x40" + b"\x00\x3c\x40" * 349_999)),
    "notes that never end": (MidiLimitError, midi_file(b"\x00\x90\x3c\x40" + b"\x00\x3e\x40" * 100_000)),
    "600,000 controllers": (MidiLimitError, midi_file(b"\x00\xb0\x40\x40" + b"\x00\x40\x00" * 599_999)),
    "400,000 bends": (MidiLimitError, midi_file(b"\x00\xe0\x3c\x40" * 400_000)),
    "500,000 empty texts": (MidiLimitError, midi_file(b"\x00\xff\x01\x00" * 500_000)),
    "350,000 events by turns": (MidiLimitError, midi_file(b"\x00\xd0\x3c\x00\xe0\x3c\x40" * 175_000)),
    "2,048 instruments": (MidiLimitError, midi_file(many_programs(2048))),
    "330,000 events by turns, each twice": (
        MidiLimitError,
        midi_file(b"\x00\xd0\x3c\x00\x3d\x00\xe0\x3c\x40\x00\x3c\x41" * 82_500),
    ),
    "350,000 controllers and texts by turns": (
        MidiLimitError,
        midi_file(b"\x00\xb0\x40\x00\x00\xff\x01\x00" * 175_000),
    ),
    "3 MiB": (MidiLimitError, midi_file(b"\x00\xff\x01" + quantity(3 * 2**20) + bytes(3 * 2**20))),
    "a message that does not exist": (DamagedMidiError, midi_file(b"\x00\xf4" + note())),
    "data without a message": (DamagedMidiError, midi_file(b"\x00\x3c\x40")),
    "a data byte beyond 127": (DamagedMidiError, midi_file(b"\x00\x90\xbc\x40\x60\x80\xbc\x00")),
}


@pytest.mark.parametrize(("error", "data"), HOSTILE.values(), ids=HOSTILE)
def test_it_refuses_with_a_reason_and_little_memory(error, data):
    tracemalloc.start()
    try:
        with pytest.raises(error) as caught:
            read_midi(data)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(str(caught.value)) > 30
    assert peak_bytes < 16 * 2**20


# The peak of the process itself, which also knows what the parser in C++ takes.
ALONE = """
import sys
from musicgen.midi import MidiError, read_midi

def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))

data = sys.stdin.buffer.read()
before = peak()
try:
    read_midi(data)
except MidiError:
    print(peak() - before)
"""


@pytest.mark.parametrize("data", [data for _, data in HOSTILE.values()], ids=HOSTILE)
def test_it_takes_little_memory_for_a_file_alone(data):
    process = subprocess.run([sys.executable, "-c", ALONE], input=data, capture_output=True, check=True)
    assert int(process.stdout) < 128 * 1024


def test_it_reads_many_instruments_within_the_limit():
    assert len(read_midi(midi_file(many_programs(1024))).parts) == 1024


def test_it_says_at_which_byte_a_file_is_damaged():
    data = midi_file(b"\x00\xf4" + note())
    place = data.index(b"\x00\xf4")
    with pytest.raises(DamagedMidiError, match=f"Byte {place}:"):
        read_midi(data)


def mutated(data: bytes, rng: random.Random) -> bytes:
    """The file after a few accidents; most often its track length is right again."""
    broken = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(12, len(broken))
        accident = rng.randrange(4)
        if accident == 0:
            broken[place] = rng.choice((0x00, 0x51, 0x58, 0x7F, 0x80, 0x90, 0xC0, 0xF0, 0xF7, 0xFF))
        elif accident == 1:
            broken[place] ^= 1 << rng.randrange(8)
        elif accident == 2:
            del broken[place : place + rng.randint(1, 4)]
        else:
            broken[place:place] = rng.randbytes(rng.randint(1, 4))
        broken += bytes(max(0, 30 - len(broken)))
    if rng.random() < 0.8:
        broken[14:22] = b"MTrk" + struct.pack(">I", len(broken) - 22)
    return bytes(broken)


def test_it_meets_accidents_of_every_kind_with_errors_of_its_own_only():
    rng = random.Random(20)
    piece = (
        tempo(400_000) + program(5) + b"".join(note(60 + step, 100 + step, after=step) for step in range(9))
    )
    read = refused = 0
    for _ in range(12_000):
        try:
            score = read_midi(mutated(midi_file(piece), rng))
        except MidiError:
            refused += 1
        else:
            read += 1
            write_midi(score)
    assert read > 100
    assert refused > 100
