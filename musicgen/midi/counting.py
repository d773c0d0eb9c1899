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
_TWO: Final = re.compile(rb"(?:%b[\x80-\xbf\xe0-\xef]%b{2}(?:%b%b{2})*+)++" % (_TIME, _LOW, _TIME, _LOW))
_ONE: Final = re.compile(rb"(?:%b[\xc0-\xdf]%b(?:%b%b)*+)++" % (_TIME, _LOW, _TIME, _LOW))
_TWO_MORE: Final = re.compile(rb"(?:%b%b{2})++" % (_TIME, _LOW))  # under the status before
_ONE_MORE: Final = re.compile(rb"(?:%b%b)++" % (_TIME, _LOW))
# Meta events of up to four bytes but the end of the track; longer ones are too few to matter.
_SHORT: Final = rb"%b\xff[\0-\x2e\x30-\x7f](?:\0|\x01.|\x02..|\x03...|\x04....)" % _TIME
_SHORT_EVENT: Final = re.compile(rb"%b()" % _SHORT, re.DOTALL)  # found as empty, which costs no memory
_SHORT_EVENTS: Final = re.compile(rb"(?:%b)++" % _SHORT, re.DOTALL)
_HIGH: Final = bytes(range(0x80, 0x100))
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
        enough: from this number on counting stops.
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
