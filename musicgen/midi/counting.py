"""How many events a track holds, counted in whole stretches by compiled patterns.

Many times as fast as walking the events one by one, so that a file with too many is refused before
anything else is done with it. Finds no damage: it counts up to where a track stops making sense.
"""

from __future__ import annotations

import re
from typing import Final

from musicgen.midi.chunks import MidiChunks
from musicgen.midi.errors import DamagedMidiError, MidiLimitError
from musicgen.midi.events import EVENTS_A_NOTE, META, quantity
from musicgen.midi.limits import MidiLimits

_TIME: Final = rb"[\x80-\xff]{0,3}+[\0-\x7f]"
_LOW: Final = rb"[\0-\x7f]"
_TURNS_AT_ONCE: Final = 1024  # keeps memory small
_TWO: Final = re.compile(rb"(?:%b[\x80-\xbf\xe0-\xef]%b{2}(?:%b%b{2})*+)++" % (_TIME, _LOW, _TIME, _LOW))
_ONE: Final = re.compile(rb"(?:%b[\xc0-\xdf]%b(?:%b%b)*+)++" % (_TIME, _LOW, _TIME, _LOW))
_TWO_MORE: Final = re.compile(rb"(?:%b%b{2})++" % (_TIME, _LOW))  # under the status before
_ONE_MORE: Final = re.compile(rb"(?:%b%b)++" % (_TIME, _LOW))
# Messages of both lengths by turns, each with more under its status; those of one byte are given.
_TURN: Final = rb"%b[\x80-\xbf\xe0-\xef]%b{2}(?:%b%b{2})*+" % (_TIME, _LOW, _TIME, _LOW)
_TURN_OF_ONE: Final = rb"%b[\xc0-\xdf]%b(?:%b%b)*+" % (_TIME, _LOW, _TIME, _LOW)
_TURNS: Final = re.compile(rb"(?:%b|%b){1,%d}+" % (_TURN, _TURN_OF_ONE, _TURNS_AT_ONCE))
_EACH_TURN: Final = re.compile(rb"%b|(%b)" % (_TURN, _TURN_OF_ONE))
# Meta events of up to four bytes but the end of the track; longer ones are too few to matter.
_SHORT: Final = rb"%b\xff[\0-\x2e\x30-\x7f](?:\0|\x01.|\x02..|\x03...|\x04....)" % _TIME
_SHORT_EVENT: Final = re.compile(rb"%b()" % _SHORT, re.DOTALL)  # found as empty, which costs no memory
_SHORT_EVENTS: Final = re.compile(rb"(?:%b)++" % _SHORT, re.DOTALL)
# Events of all these kinds by turns, each with a status of its own, which is found. (A group that
# captures inside one that repeats possessively is a fault of Python 3.11.)
_ANY: Final = rb"%b(?:%%b(?:(?<=[\xc0-\xdf])%b|(?<![\xc0-\xdf])%b{2})|%b)" % (
    _TIME,
    _LOW,
    _LOW,
    _SHORT.removeprefix(_TIME),
)
_ANY_EVENT: Final = re.compile(_ANY % rb"([\x80-\xef])", re.DOTALL)
_ANY_EVENTS: Final = re.compile(rb"(?:%b){1,%d}+" % (_ANY % rb"[\x80-\xef]", _TURNS_AT_ONCE), re.DOTALL)
_HIGH: Final = bytes(range(0x80, 0x100))
_SHORT_STRETCH: Final = 32  # bytes: shorter ones of one kind take too long one by one
_LEAST_BYTES: Final = 2  # of an event: a time and a data byte


def check_event_count(chunks: MidiChunks, limits: MidiLimits) -> None:
    """Refuse too many events in a file that is large enough to hold them.

    Raises:
        MidiLimitError: too many.
    """
    left = EVENTS_A_NOTE * limits.max_notes
    if len(chunks.data) <= _LEAST_BYTES * left:
        return
    for start, end in chunks.tracks:
        left -= count_events(chunks.data, start, end, left + 1)
        if left < 0:
            raise MidiLimitError(
                f"The file holds more than {EVENTS_A_NOTE * limits.max_notes:,} events; "
                "split it, or thin out its controllers."
            )


def count_events(data: bytes, start: int, end: int, enough: int) -> int:
    """The number of events of the track between two bytes, exact below `enough`.

    Args:
        data: the file.
        start: the track's first byte.
        end: the byte after its last.
        enough: from this number on counting stops, at the end of a stretch.
    """
    position, count = start, 0
    more: re.Pattern[bytes] | None = None
    while position < end and count < enough:
        before = position
        for pattern, following, bytes_an_event in (
            (more, more, 2 if more is _ONE_MORE else 3),
            (_TWO, _TWO_MORE, 3),
            (_ONE, _ONE_MORE, 2),
        ):
            found = pattern.match(data, position, end) if pattern else None
            if found:
                # All bytes but statuses and the first ones of long times are below 0x80.
                count += len(found[0].translate(None, _HIGH)) // bytes_an_event
                position, more = found.end(), following
        if before < position < before + _SHORT_STRETCH:
            turns = _TURNS.match(data, position, end)
            if turns:
                of_one = _EACH_TURN.findall(turns[0])
                ones = len(b"".join(of_one).translate(None, _HIGH))
                count += ones // 2 + (len(turns[0].translate(None, _HIGH)) - ones) // 3
                position, more = turns.end(), _ONE_MORE if of_one[-1] else _TWO_MORE
        if before < position < before + _SHORT_STRETCH:
            mixed = _ANY_EVENTS.match(data, position, end)
            if mixed:
                statuses = _ANY_EVENT.findall(data, position, mixed.end())
                count += len(statuses)
                position = mixed.end()
                last = next((status for status in reversed(statuses) if status), None)
                if last:
                    more = _ONE_MORE if 0xC0 <= last[0] < 0xE0 else _TWO_MORE
        short = _SHORT_EVENTS.match(data, position, end)
        if short:
            count += len(_SHORT_EVENT.findall(data, position, short.end()))
            position = short.end()
        if position == before:
            position = _after_long_event(data, position, end)
            count += 1
    return count


def _after_long_event(data: bytes, position: int, end: int) -> int:
    """Where the event behind a text, an exclusive message or the like begins; at nonsense the end."""
    try:
        _, position = quantity(data, position)
        status = data[position]
        if status not in (META, 0xF0, 0xF7) or data[position + 1] == 0x2F:
            return end
        length, position = quantity(data, position + (2 if status == META else 1))
    except (IndexError, DamagedMidiError):
        return end
    return min(position + length, end)
