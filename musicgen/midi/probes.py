"""What is added behind the events of a track so that symusic's parser tells what it would not.

The parser passes silently over notes that never end and over what is said on channels without
notes; it tells neither channels nor where a track ends. Behind the events of each track come

- a marker with a text of its own, which is found only if the track was read to its end, and
  says at which tick that is;
- the track's number as its name;
- very late ends for every pitch, which only notes without an end of their own can take;
- for each program of each channel a later note, whose velocity is the channel's number plus 1,
  so that every channel has notes and every instrument tells its channel.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from musicgen.midi.chunks import END_OF_TRACK
from musicgen.midi.events import tempo_count, without_tempi

MARKER_TEXT: Final = "the track was read to here"
LATE: Final = 2**28 - 1  # ticks: the longest time that one event can say; probes begin so late
_LATE_BYTES: Final = b"\xff\xff\xff\x7f"
_MARKER: Final = b"\xff\x06" + bytes((len(MARKER_TEXT),)) + MARKER_TEXT.encode()
_PITCH: Final = 60  # of the later notes
_MOST_PROGRAMS: Final = 2048  # of a file that are probed: twice as many as the limits usually allow
_KEPT: Final = (0x9, 0xB, 0xC, 0xE)  # kinds of message: strikes, controllers, programs, bends
# A message has as many data bytes; this tells most times that look like a status from one.
_MESSAGE: Final = [
    re.compile(re.escape(bytes((status,))) + (rb"[\0-\x7f]" if status >> 4 == 0xC else rb"[\0-\x7f]{2}"))
    for status in range(256)
]
_BUT_KEPT: Final = bytes(byte for byte in range(256) if byte >> 4 not in _KEPT)


@dataclass(slots=True)
class Probed:
    """A format 1 file of tracks and their probes, and what was seen in the bytes on the way.

    Attributes:
        file: for the parser.
        quiet: the events of each track, zeros in what looks like tempi.
        tempi: how many these seem to be in all tracks; no fewer than there are.
        may_set_programs: for each track, whether it may change to a program other than 0.
    """

    file: bytes
    quiet: Sequence[bytes]
    tempi: int
    may_set_programs: Sequence[bool]


def probed_file(bodies: Sequence[bytes], ticks_per_quarter: int) -> Probed | None:
    """The file for the parser; None if there are too many programs.

    Args:
        bodies: the events of each track but its end of track.
        ticks_per_quarter: of the file.
    """
    pieces = [struct.pack(">4sIHHH", b"MThd", 6, 1, len(bodies), ticks_per_quarter)]
    quiet_bodies, may_set_programs = [], []
    probed = tempi = 0
    for number, body in enumerate(bodies):
        # Bytes of times and texts among them only make for more probes, but tempi hold many.
        count = tempo_count(body)
        quiet = without_tempi(body, count) if count else body
        seen = _distinct(quiet.translate(None, _BUT_KEPT))
        statuses = bytes(status for status in seen if _MESSAGE[status].search(quiet))
        programs = _programs(quiet, statuses)
        probed += len(programs)
        if probed > _MOST_PROGRAMS:
            return None
        tail = _tail(number, statuses, programs)
        pieces += (b"MTrk", (len(body) + len(tail)).to_bytes(4, "big"), body, tail)
        tempi += count
        quiet_bodies.append(quiet)
        may_set_programs.append(any(program for _, program in programs))
    return Probed(b"".join(pieces), quiet_bodies, tempi, may_set_programs)


def _distinct(values: bytes) -> bytes:
    """The bytes that occur, ascending; most tracks have a few."""
    found = bytearray()
    while values:
        found.append(values[0])
        values = values.translate(None, values[:1])
    return bytes(sorted(found))


def _programs(body: bytes, statuses: bytes) -> tuple[tuple[int, int], ...]:
    """(channel, program) of every instrument that may play in a track, ascending."""
    found = {(status & 15, 0) for status in statuses}
    for status in statuses:
        if status & 0xF0 == 0xC0:
            place = body.find(status)
            while 0 <= place < len(body) - 1 and len(found) <= _MOST_PROGRAMS:
                if body[place + 1] < 0x80:
                    found.add((status & 15, body[place + 1]))
                place = body.find(status, place + 1)
    return tuple(sorted(found))


@lru_cache(maxsize=1024)
def _tail(number: int, statuses: bytes, programs: Sequence[tuple[int, int]]) -> bytes:
    """The probes behind a track."""
    return b"%b\0\xff\x03\x05%05d%b%b\0%b" % (
        _MARKER,
        number,
        _late_ends(bytes(status for status in statuses if status < 0xA0)),
        b"".join(map(_note, programs)),
        END_OF_TRACK,
    )


@cache
def _late_ends(strikes: bytes) -> bytes:
    """One very late event, and with it the ends of every pitch of the struck channels."""
    pitches = b"".join(bytes((0, pitch, 0)) for pitch in range(1, 128))
    ends = [bytes((0, strike & 0x8F, 0, 0)) + pitches for strike in strikes]
    return _LATE_BYTES + b"\xff\x01\0" + b"".join(ends)


@cache
def _note(instrument: tuple[int, int]) -> bytes:
    channel, program = instrument
    on = bytes((0, 0xC0 | channel, program, 0, 0x90 | channel, _PITCH, channel + 1))
    return on + bytes((1, 0x80 | channel, _PITCH, 0))
