"""The events inside tracks, walked one by one: exact, but slow beside the parser in C++.

Used where a cheap bound cannot rule out that a file is dangerous, and by the careful reader.
Knows the format's bytes, no scores.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from musicgen.midi.chunks import MidiChunks
from musicgen.midi.errors import DamagedMidiError, MidiLimitError
from musicgen.midi.limits import MidiLimits

MAX_TICK: Final = 2**31 - 2  # ticks are counted in 32 bits, and a note there still needs an end
META: Final = 0xFF
_SEQUENCE_NAME: Final = 0x03
_END_OF_TRACK: Final = 0x2F
# Data bytes after each status; -1 where no such message exists, -2 where a length follows.
_DATA_BYTES: Final = (
    *[-1] * 128,  # no status
    *[2] * 64,  # note off, note on, key pressure, control change
    *[1] * 32,  # program change, channel pressure
    *[2] * 16,  # pitch bend
    *[-2, 1, 2, 1, -1, -1, 0, -2, 0, -1, 0, 0, 0, -1, 0, -2],  # system messages, escapes and meta events
)
EVENTS_A_NOTE: Final = 3  # its beginning, its end and one more for pedal and the like


def events(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The events of the track between two bytes, its end-of-track event the last.

    Yields:
        (tick, status byte or 0xFF for meta events, where the data begins). The data of a meta
        event begins with its kind, then comes a quantity, the length of the rest.

    Raises:
        DamagedMidiError: where the track stops making sense.
    """
    position, tick, running = start, 0, 0
    try:
        while position < end:
            began = position
            delta = data[position]
            if delta < 0x80:
                position += 1
            else:
                delta, position = quantity(data, position)
            tick += delta
            status = data[position]
            if status >= 0x80:
                position += 1
                if status < 0xF0:
                    running = status
            elif running:
                status = running
            else:
                raise _damage(position, f"data byte 0x{status:02x} without a message it belongs to")
            content = position
            length = _DATA_BYTES[status]
            if length < 0:
                if length == -1:
                    raise _damage(began, f"no MIDI message has the status 0x{status:02x}")
                length, position = quantity(data, position + (status == META))
            position += length
            if position > end:
                raise _damage(began, "an event reaches past the end of its track")
            if 0x80 <= status < 0xF0 and (data[content] | data[position - 1]) >= 0x80:
                raise _damage(began, "a message has a data byte beyond 127")
            yield tick, status, content
            if status == META and data[content] == _END_OF_TRACK:
                return
    except IndexError:
        raise _damage(len(data), "the file breaks off inside an event") from None


def quantity(data: bytes, position: int) -> tuple[int, int]:
    """(value, position after it) of a variable-length quantity, at most 4 bytes."""
    value = 0
    for index in range(position, position + 4):
        byte = data[index]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, index + 1
    raise _damage(position, "a time or length takes more than 4 bytes")


def _damage(position: int, what: str) -> DamagedMidiError:
    return DamagedMidiError(f"Byte {position:,}: {what}; the file is damaged, get or export it again.")


def check_events(chunks: MidiChunks, limits: MidiLimits) -> int:
    """Refuse what would be too much for the parser; walks the events only where it must.

    Returns:
        A tick that no event lies behind.

    Raises:
        MidiLimitError: too many notes or instruments, or later than the parser can count.
        DamagedMidiError: found while walking.
    """
    bound = _bound_if_surely_small(chunks, limits)
    if bound is not None:
        return bound
    data = chunks.data
    notes_left = limits.max_notes
    events_left = EVENTS_A_NOTE * limits.max_notes
    parts = latest = 0
    for start, end in chunks.tracks:
        programs = [0] * 16
        heard: set[int] = set()
        last_tick = former = 0
        for tick, status, content in events(data, start, end):
            last_tick = tick
            events_left -= 1
            if events_left < 0:
                raise MidiLimitError(
                    f"The file holds more than {EVENTS_A_NOTE * limits.max_notes:,} events; "
                    "split it, or thin out its controllers."
                )
            if 0x90 <= status < 0xA0 and data[content + 1]:
                notes_left -= 1
                if notes_left < 0:
                    raise MidiLimitError(
                        f"The file strikes more than {limits.max_notes:,} notes; split or thin it out."
                    )
            if status == former:  # and so the same channel and program
                continue
            former = status
            if 0xC0 <= status < 0xD0:
                programs[status & 15] = data[content]
                former = 0
            if status < 0xF0:
                heard.add(programs[status & 15] << 4 | status & 15)
        parts += len(heard)
        latest = max(latest, last_tick)
        check_places(parts, last_tick, limits)
    return latest


def check_places(parts: int, last_tick: int, limits: MidiLimits) -> None:
    """Refuse too many instruments, and ticks later than can be counted.

    Raises:
        MidiLimitError: says which.
    """
    if parts > 16 * limits.max_tracks:
        raise MidiLimitError(
            f"The file holds {parts:,} instruments, at most {16 * limits.max_tracks:,} are read; "
            "remove program changes or merge tracks."
        )
    if last_tick > MAX_TICK:
        raise MidiLimitError(
            f"An event stands at tick {last_tick:,}, beyond the {MAX_TICK:,} that are read; "
            "cut the silence before it."
        )


def _bound_if_surely_small(chunks: MidiChunks, limits: MidiLimits) -> int | None:
    """A tick behind which nothing lies, if no reading of the bytes could pass the limits."""
    if len(chunks.data) > 3 * limits.max_notes:  # a note takes at least a delta and two data bytes
        return None
    values = np.frombuffer(chunks.data, np.uint8)
    above = values >= 0x80
    high = np.flatnonzero(above)
    padded = np.concatenate([above, [False, False]])
    follows = padded[high + 1]
    # As part of a time a high byte has its lower 7 bits 1 to 3 places before the last one.
    places = 1 + follows.astype(np.int64) + (follows & padded[high + 2])
    ticks = 127 * len(values) + int(((values[high].astype(np.int64) & 0x7F) << (7 * places)).sum())
    changes = int(((values[high] & 0xF0) == 0xC0).sum())
    is_small = ticks <= MAX_TICK and len(chunks.tracks) * 16 + changes <= 16 * limits.max_tracks
    return ticks if is_small else None
