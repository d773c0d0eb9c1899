"""Tracks → Score, by our own careful reader: slower than the parser in C++, but it knows all.

It reads what that parser cannot or cannot tell: pitch bend and pedal of channels that several
tracks share, notes that never end, damaged tracks, pieces one after the other, tracks
that set up the instruments of others, names that are not UTF-8.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NoReturn

import numpy as np
import numpy.typing as npt

from musicgen.midi.channels import (
    BEND,
    BEND_CENTRE,
    RESET,
    Change,
    bank_curve,
    bend_curve,
    glides,
    pedal_curve,
)
from musicgen.midi.chunks import MidiChunks
from musicgen.midi.errors import DamagedMidiError
from musicgen.midi.events import check_places
from musicgen.midi.limits import MidiLimits
from musicgen.midi.repairs import Repair
from musicgen.midi.text import decode_text
from musicgen.midi.tracks import DRUM_CHANNEL, Track, TrackWalker
from musicgen.score import (
    DEFAULT_METER,
    DEFAULT_TEMPO_BPM,
    NO_CURVE,
    Curve,
    Float32Array,
    KeySignature,
    Notes,
    Part,
    Score,
    TempoChange,
    TimeSignature,
)

MICROSECONDS_PER_MINUTE: Final = 60e6
_DEFAULT_MICROSECONDS: Final = round(MICROSECONDS_PER_MINUTE / DEFAULT_TEMPO_BPM)


@dataclass(slots=True)
class _Piece:
    """What the tracks of a piece say together, from a tick of the score on."""

    parts: list[Part] = field(default_factory=list)
    tempos: dict[int, int] = field(default_factory=dict)
    meters: dict[int, tuple[int, int]] = field(default_factory=dict)
    keys: dict[int, tuple[int, bool]] = field(default_factory=dict)
    end: int = 0


def read_carefully(chunks: MidiChunks, limits: MidiLimits) -> tuple[Score, int, tuple[Repair, ...]]:
    """The score of checked chunks, the tick of its last event, and what was put right.

    Raises:
        DamagedMidiError: a track breaks off before its first note and no other has notes, or a
            tempo is 0.
        MidiLimitError: over a limit.
    """
    tracks = _walked(chunks, limits)
    repairs = _repairs(tracks)
    if not any(track.strikes for track in tracks):
        _refuse_if_broken(tracks, chunks)
    groups = [[track] for track in tracks] if chunks.is_sequential else [tracks]
    whole = _Piece()
    for group in groups:
        _append(whole, group, is_first=group is groups[0])
        check_places(0, whole.end, limits)
    score = Score(
        parts=tuple(whole.parts),
        tempos=_tempos(whole.tempos, chunks.fixed_tempo_bpm),
        time_signatures=tuple(TimeSignature(tick, *whole.meters[tick]) for tick in sorted(whole.meters)),
        ticks_per_quarter=chunks.ticks_per_quarter,
        title="" if tracks[0].strikes else decode_text(tracks[0].name or b""),
        key_signatures=tuple(KeySignature(tick, *whole.keys[tick]) for tick in sorted(whole.keys)),
    )
    return score, whole.end, repairs


def _walked(chunks: MidiChunks, limits: MidiLimits) -> list[Track]:
    """The tracks; what one without notes says about instruments holds for the others too."""
    walker = TrackWalker(chunks, limits)
    setup: dict[int, int] = {}
    tracks = []
    for span in chunks.tracks:
        track = walker.walk(span, None if chunks.is_sequential else setup)
        if not track.strikes:
            setup.update(track.programs)
        tracks.append(track)
    return tracks


def _refuse_if_broken(tracks: Sequence[Track], chunks: MidiChunks) -> None:
    """Raise if a file without notes may have had some."""
    for repair in chunks.repairs:
        if repair.kind == "track_length":
            raise DamagedMidiError(f"{repair.what} It was cut off before its first note; get it again.")
    for track in tracks:
        if track.damage:
            raise track.damage


def _repairs(tracks: Sequence[Track]) -> tuple[Repair, ...]:
    repairs = []
    for number, track in enumerate(tracks, start=1):
        if track.damage:
            what = f"Track {number} was read until it breaks: {track.damage}"
            repairs.append(Repair("broken_track", what))
        elif not track.has_end:
            repairs.append(Repair("end_of_track", f"Track {number} has no end-of-track event."))
        if track.hanging:
            what = (
                f"Track {number} never ends {track.hanging:,} of its notes; they were ended at the next "
                "strike of their pitch or with the track."
            )
            repairs.append(Repair("hanging_notes", what))
    return tuple(repairs)


def _append(whole: _Piece, tracks: Sequence[Track], *, is_first: bool) -> None:
    """Add the tracks of a piece after what is there; it begins with MIDI's default tempo and meter."""
    offset = whole.end
    if not is_first:
        if whole.tempos:
            whole.tempos[offset] = _DEFAULT_MICROSECONDS
        if whole.meters:
            whole.meters[offset] = DEFAULT_METER
        if whole.keys:
            whole.keys[offset] = (0, False)
    for track in tracks:
        whole.tempos.update((tick + offset, tempo) for tick, tempo in track.tempos.items())
        whole.meters.update((tick + offset, meter) for tick, meter in track.meters.items())
        whole.keys.update((tick + offset, key) for tick, key in track.keys.items())
        whole.end = max(whole.end, offset + track.end)
    changes: dict[int, list[Change]] = defaultdict(list)
    for track in tracks:
        for channel, given in track.changes.items():
            changes[channel] += [(tick + offset, number, value) for tick, number, value in given]
    for given in changes.values():
        given.sort(key=lambda change: change[0])  # stable: at one tick in the order of the tracks
    channels = _Channels(changes)
    for track in tracks:
        whole.parts += _parts_of(track, channels, offset)


class _Channels:
    """Bend, pedal and bank of the channels, worked out once each."""

    def __init__(self, changes: Mapping[int, Sequence[Change]]) -> None:
        self.bends: dict[int, Curve] = {}
        self.pedals: dict[int, Curve] = {}
        self.banks: dict[int, Curve] = {}
        for channel, given in changes.items():
            if channel != DRUM_CHANNEL:
                wheel = [change for change in given if change[1] in (BEND, RESET)]
                moves = [tick for tick, _, _ in wheel]
                positions = [value - BEND_CENTRE if number == BEND else 0 for _, number, value in wheel]
                ticks, numbers, values = np.array(given).T
                self.bends[channel] = bend_curve(given, moves, positions)
                self.pedals[channel] = pedal_curve(ticks, numbers, values)
                self.banks[channel] = bank_curve(ticks, numbers, values)


@dataclass(slots=True)
class _Strikes:
    """Columns of the notes that one channel plays with one program and bank."""

    channel: int
    rows: npt.NDArray[np.int64]  # start, pitch, end, velocity
    cents: Float32Array
    bends: Curve


def _parts_of(track: Track, channels: _Channels, offset: int) -> list[Part]:
    groups: dict[tuple[int, int, int], list[_Strikes]] = {}
    for channel, program in sorted(track.strikes):
        rows = np.array(track.strikes[channel, program], np.int64).T
        rows[[0, 2]] += offset
        banks = channels.banks.get(channel, NO_CURVE).at(rows[0]).astype(np.int64)
        bend = channels.bends.get(channel, NO_CURVE)
        for bank in np.unique(banks).tolist():
            chosen = rows[:, banks == bank]
            bends = bend if glides(bend, chosen[0], chosen[2]) else NO_CURVE
            key = (-1 if track.is_one_part and channel != DRUM_CHANNEL else channel, program, bank)
            groups.setdefault(key, []).append(_Strikes(channel, chosen, bend.at(chosen[0]), bends))
    name = decode_text(track.name or b"")
    return [_part(name, program, bank, strikes, channels) for (_, program, bank), strikes in groups.items()]


def _part(name: str, program: int, bank: int, strikes: Sequence[_Strikes], channels: _Channels) -> Part:
    start, pitch, end, velocity = np.concatenate([each.rows for each in strikes], axis=1)
    notes = Notes(
        start, pitch, np.maximum(end - start, 1), velocity, np.concatenate([each.cents for each in strikes])
    )
    channel = strikes[0].channel
    return Part(
        notes,
        name,
        program,
        channel == DRUM_CHANNEL,
        bank,
        channels.pedals.get(channel, NO_CURVE),
        strikes[0].bends if len(strikes) == 1 else NO_CURVE,
    )


def _tempos(microseconds_at: Mapping[int, int], fixed_tempo_bpm: float | None) -> tuple[TempoChange, ...]:
    if fixed_tempo_bpm is not None:
        return (TempoChange(0, fixed_tempo_bpm),)
    for tick, microseconds in microseconds_at.items():
        if microseconds == 0:
            refuse_standstill(tick)
    return tuple(
        TempoChange(tick, MICROSECONDS_PER_MINUTE / microseconds_at[tick]) for tick in sorted(microseconds_at)
    )


def refuse_standstill(tick: int) -> NoReturn:
    """Refuse a file for its tempo at a tick.

    Raises:
        DamagedMidiError: always.
    """
    raise DamagedMidiError(
        f"The tempo at tick {tick:,} is 0 microseconds a quarter note, so no time would pass; "
        "remove that tempo event."
    )
