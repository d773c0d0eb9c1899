"""The events inside tracks, walked one by one: exact, but slow beside the parser in C++.

Used where a cheap bound cannot rule out that a file is dangerous, and by the careful reader.
Knows the format's bytes, no scores.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from musicgen.midi.chunks import MidiChunks
from musicgen.midi.errors import DamagedMidiError, MidiLimitError
from musicgen.midi.limits import MidiLimits

MAX_TICK: Final = 2**31 - 2  # ticks are counted in 32 bits, and a note there still needs an end
META: Final = 0xFF
_TEMPO_EVENT: Final = b"\xff\x51\x03"
_META_BYTE: Final = b"\xff"
_FEW_META: Final = 16
_END_OF_TRACK: Final = 0x2F
# Data bytes after each status; -1 where no such message exists, -2 where a length follows.
_DATA_BYTES: Final = (
    *[-1] * 128,  # no status
    *[2] * 64,  # note off, note on, key pressure, control change
    *[1] * 32,  # program change, channel pressure
    *[2] * 16,  # pitch bend
    *[-2, 1, 2, 1, -1, -1, 0, -2, 0, -1, 0, 0, 0, -1, 0, -2],  # system messages, escapes and meta events
)
_COUNTED_TICKS: Final = 2**32 - 2**29  # by the parser, without what our probes add
_FEW_TEMPI: Final = 64  # so many are faster one by one than through columns
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


def check_ticks(chunks: MidiChunks, limits: MidiLimits, quiet: Sequence[bytes] | None) -> None:
    """Refuse times that the parser cannot have counted, walking the events only where it must.

    What passes lies before a tick that 32 bits without sign can count.

    Args:
        chunks: the file.
        limits: for it.
        quiet: the events of each track without the numbers of its tempi, if it is known that all
            that looks like one is one and so holds no time; None if not.

    Raises:
        MidiLimitError: later than can be counted.
        DamagedMidiError: found while walking.
    """
    bodies = [chunks.data[start:end] for start, end in chunks.tracks] if quiet is None else quiet
    if _is_surely_early(b"".join(bodies)):
        return
    for (start, end), body in zip(chunks.tracks, bodies, strict=True):
        if _tick_bound(body) > _COUNTED_TICKS:
            latest = max((tick for tick, _, _ in events(chunks.data, start, end)), default=0)
            check_places(0, latest, limits)


def check_counts(chunks: MidiChunks, limits: MidiLimits) -> None:
    """Refuse too many notes or instruments in a file that is large enough to hold them.

    Raises:
        MidiLimitError: too many, or later than can be counted.
        DamagedMidiError: found while walking.
    """
    if len(chunks.data) <= 3 * limits.max_notes:  # a note takes at least a delta and two data bytes
        return
    data = chunks.data
    notes_left = limits.max_notes
    parts = 0
    for start, end in chunks.tracks:
        programs = [0] * 16
        heard: set[int] = set()
        last_tick = former = 0
        for tick, status, content in events(data, start, end):
            last_tick = tick
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
        check_places(parts, last_tick, limits)


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


def _is_surely_early(data: bytes) -> bool:
    """Whether no reading of the bytes as times could add up to more than is counted.

    A byte of a time counts 128, 16,384 or 2,097,152-fold if one, two or three of the bytes from
    it on are marked as followed by another; behind three there is one that is not.
    """
    above = np.frombuffer(data, np.uint8) >= 0x80
    twice = above[:-1] & above[1:]
    ticks = len(data) + (np.count_nonzero(above) << 7) + (np.count_nonzero(twice) << 14)
    if 127 * ticks > _COUNTED_TICKS:
        return False
    thrice = np.count_nonzero(twice[:-2] & (above[2:-1] > above[3:]))
    return bool(127 * (ticks + (thrice << 21)) <= _COUNTED_TICKS)


def tempo_count(body: bytes) -> int:
    """How many tempo events the bytes seem to hold; no fewer than there are."""
    # Single bytes are found many times as fast as three, and most tracks have few meta events.
    if body.count(_META_BYTE) > _FEW_META:
        return body.count(_TEMPO_EVENT)
    count, place = 0, body.find(_META_BYTE)
    while place >= 0:
        count += body.startswith(_TEMPO_EVENT, place)
        place = body.find(_META_BYTE, place + 1)
    return count


def without_tempi(data: bytes, count: int) -> bytes:
    """The bytes with zeros for the microseconds of whatever looks like a tempo event.

    Args:
        data: of a track.
        count: its `tempo_count`, 1 or more.
    """
    if count < _FEW_TEMPI:
        first, *others = data.split(_TEMPO_EVENT)
        return _TEMPO_EVENT.join([first, *(bytes(min(3, len(each))) + each[3:] for each in others)])
    values = np.frombuffer(data + bytes(3), np.uint8).copy()
    is_tempo = (values[:-5] == META) & (values[1:-4] == _TEMPO_EVENT[1]) & (values[2:-3] == _TEMPO_EVENT[2])
    places = np.flatnonzero(is_tempo)
    for offset in (3, 4, 5):
        values[places + offset] = 0
    return values[: len(data)].tobytes()


def _tick_bound(body: bytes) -> int:
    """A tick behind which nothing lies in a track, however its bytes fall into events."""
    values = np.frombuffer(body, np.uint8)
    above = np.zeros(len(values) + 3, np.bool_)
    above[: len(values)] = values >= 0x80
    high = np.flatnonzero(above)
    first, second, third = above[high + 1], above[high + 2], above[high + 3]
    # As part of a time a high byte has its lower 7 bits 1 to 3 places before the last one, which
    # is low: what is farther from one belongs to no time.
    places = 1 + first.astype(np.int64) + (first & second)
    ticks = (values[high] & 0x7F).astype(np.int64) << (7 * places)
    ticks[first & second & third] = 0
    return 127 * len(body) + int(ticks.sum())
