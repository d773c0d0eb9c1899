"""Tracks → Score through symusic's parser in C++, for files of which it tells everything.

The parser passes silently over notes that never end and over what is said on channels without
notes, and tells no channels. Probes behind the events of each track show what it would keep to
itself: a marker, which is found only if the track was read to its end; the track's number as
its name; and very late ends for every pitch, which only notes without an end of their own can
take. Whatever needs more is left to the careful reader.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import numpy as np
import symusic

from musicgen.midi.careful import tempo_changes
from musicgen.midi.channels import BANK_COARSE, BANK_FINE, PEDAL, RESET, pedal_curve
from musicgen.midi.chunks import END_OF_TRACK, MidiChunks
from musicgen.midi.errors import MidiLimitError
from musicgen.midi.events import META, check_events, events, quantity
from musicgen.midi.limits import MidiLimits
from musicgen.midi.text import decode_text
from musicgen.midi.tracks import key_signature
from musicgen.score import (
    NO_CURVE,
    KeySignature,
    Notes,
    Part,
    Score,
    ScoreError,
    TempoChange,
    TimeSignature,
)

_MARKER_TEXT: Final = "the track was read to here"
_MARKER: Final = b"\xff\x06" + bytes((len(_MARKER_TEXT),)) + _MARKER_TEXT.encode()
_LATE: Final = 2**28 - 1  # ticks: the longest time that one event can say
_LATE_BYTES: Final = b"\xff\xff\xff\x7f"
_LAST_SAFE_TICK: Final = 2**30  # what comes after the late ends is still counted in 32 bits
_BUT_STRIKES: Final = bytes(byte for byte in range(256) if byte & 0xF0 != 0x90)
_BUT_SETTINGS: Final = bytes(byte for byte in range(256) if byte >> 4 not in (0xB, 0xC, 0xE))
_NAME_EVENT: Final = b"\xff\x03"
_TEMPO_EVENT: Final = re.compile(rb"\xff\x51\x03...", re.DOTALL)
# What follows these status bytes; a byte of a time or length is seldom followed so.
_DATA_AFTER: Final = {0xB: b"[\0-\x7f]{2}", 0xC: b"[\0-\x7f]", 0xE: b"[\0-\x7f]{2}"}
_MAX_POWER: Final = 7  # of a meter's denominator


def read_quickly(chunks: MidiChunks, limits: MidiLimits) -> tuple[Score, int] | None:
    """The score of checked chunks and the tick of its last event; None where it takes more care.

    Raises:
        MidiLimitError: over a limit.
        DamagedMidiError: a tempo of 0.
    """
    if chunks.is_sequential:
        return None
    if not all(chunks.data.endswith(END_OF_TRACK, start, end) for start, end in chunks.tracks):
        return None
    bodies = [chunks.data[start : end - len(END_OF_TRACK)] for start, end in chunks.tracks]
    strikes = [bytes(sorted(set(body.translate(None, _BUT_STRIKES)))) for body in bodies]
    try:
        if check_events(chunks, limits) > _LAST_SAFE_TICK:
            return None
        parsed: Any = symusic.Score.from_midi(_with_probes(bodies, strikes, chunks.ticks_per_quarter))
    except MidiLimitError:
        raise
    except (RuntimeError, ValueError):
        return None  # the careful reader finds where the damage is, and what lies before it
    if sum(marker.text == _MARKER_TEXT for marker in parsed.markers) != len(bodies):
        return None
    if parsed.note_num() > limits.max_notes:
        raise MidiLimitError(
            f"The file holds {parsed.note_num():,} notes, at most {limits.max_notes:,} are read; split it."
        )
    with_notes = {int(track.name) for track in parsed.tracks}
    for number, body in enumerate(bodies):
        if _may_set_others(body, strikes[number] if number in with_notes else b""):
            return None
    names = [_name(body) for body in bodies]
    parts = _parts(parsed, names)
    if parts is None or None in names:
        return None
    fixed_tempo = chunks.fixed_tempo_bpm
    score = Score(
        parts=parts,
        tempos=_tempos(parsed) if fixed_tempo is None else (TempoChange(0, fixed_tempo),),
        time_signatures=_time_signatures(parsed),
        ticks_per_quarter=chunks.ticks_per_quarter,
        title="" if 0 in with_notes else names[0] or "",
        key_signatures=_key_signatures(parsed),
    )
    return score, int(parsed.end())


def _with_probes(bodies: Sequence[bytes], strikes: Sequence[bytes], ticks_per_quarter: int) -> bytes:
    """A format 1 file of the tracks whose events, all but the end of track, and strikes these are."""
    pieces = [struct.pack(">4sIHHH", b"MThd", 6, 1, len(bodies), ticks_per_quarter)]
    for number, (body, struck) in enumerate(zip(bodies, strikes, strict=True)):
        tail = b"%b\0\xff\x03\x05%05d%b\0%b" % (_MARKER, number, _late_ends(struck), END_OF_TRACK)
        pieces += [struct.pack(">4sI", b"MTrk", len(body) + len(tail)), body, tail]
    return b"".join(pieces)


def _name(body: bytes) -> str | None:
    """The name of a track if it stands among the meta events at its beginning; None if elsewhere."""
    places = body.count(_NAME_EVENT)
    if not places:
        return ""
    if places == 1:
        for _, status, content in events(body, 0, len(body)):
            if status != META:
                break
            if body[content] == _NAME_EVENT[1]:
                length, start = quantity(body, content + 1)
                return decode_text(body[start : start + length])
    return None


def _may_set_others(body: bytes, strikes: bytes) -> bool:
    """Whether a track may hold controllers of channels of which it has no notes.

    The parser leaves such channels out, but other tracks may play on them.
    """
    struck = {strike & 15 for strike in strikes}
    kinds = (0xB, 0xE) if strikes else (0xB, 0xC, 0xE)
    said = [
        status
        for status in set(body.translate(None, _BUT_SETTINGS))
        if status & 15 not in struck and status >> 4 in kinds
    ]
    if not said:
        return False
    body = _TEMPO_EVENT.sub(b"", body)
    return any(re.search(re.escape(bytes((status,))) + _DATA_AFTER[status >> 4], body) for status in said)


@cache
def _late_ends(strikes: bytes) -> bytes:
    """Events that end every pitch of the channels that these status bytes strike, very late."""
    pitches = b"".join(bytes((0, pitch, 0)) for pitch in range(1, 128))
    ends = [bytes((strike & 0x8F, 0, 0)) + pitches for strike in strikes]
    return _LATE_BYTES + b"\0".join(ends) if ends else b""


def _parts(parsed: Any, names: Sequence[str | None]) -> tuple[Part, ...] | None:
    tracks = parsed.tracks
    is_single = len(tracks) == 1
    parts: list[Part] = []
    for track in tracks:
        pedal = NO_CURVE
        if len(track.pitch_bends) and track.pitch_bends.numpy()["value"].any():
            return None
        if len(track.controls):
            columns = track.controls.numpy()
            numbers, values = columns["number"], columns["value"]
            said = values != 0
            if (said & ((numbers == BANK_COARSE) | (numbers == BANK_FINE))).any():
                return None
            if (said & (numbers == PEDAL)).any():
                if not is_single:
                    return None
                if not track.is_drum:
                    heard = (numbers == PEDAL) | (numbers == RESET)
                    rows = (columns[column][heard].tolist() for column in ("time", "number", "value"))
                    pedal = pedal_curve(zip(*rows, strict=True))
        columns = track.notes.numpy()
        if not len(columns["time"]):
            continue
        durations = columns["duration"]
        if durations.max() >= _LATE:
            return None
        try:
            notes = Notes(columns["time"], columns["pitch"], np.maximum(durations, 1), columns["velocity"])
        except ScoreError:
            return None
        parts.append(
            Part(notes, names[int(track.name)] or "", int(track.program), bool(track.is_drum), pedal=pedal)
        )
    return tuple(parts)


def _tempos(parsed: Any) -> tuple[TempoChange, ...]:
    columns = parsed.tempos.numpy()
    return tempo_changes(zip(columns["time"].tolist(), columns["mspq"].tolist(), strict=True))


def _time_signatures(parsed: Any) -> tuple[TimeSignature, ...]:
    if not len(parsed.time_signatures):
        return ()
    columns = parsed.time_signatures.numpy()
    names = ("time", "numerator", "denominator")
    rows = zip(*(columns[name].tolist() for name in names), strict=True)
    last_at = {
        tick: (numerator, denominator) for tick, numerator, denominator in rows if numerator and denominator
    }
    return tuple(TimeSignature(tick, *last_at[tick]) for tick in sorted(last_at))


def _key_signatures(parsed: Any) -> tuple[KeySignature, ...]:
    last_at: dict[int, tuple[int, bool]] = {}
    for given in parsed.key_signatures:
        key = key_signature(given.key, given.tonality)
        if key:
            last_at[given.time] = key
    return tuple(KeySignature(tick, *last_at[tick]) for tick in sorted(last_at))
