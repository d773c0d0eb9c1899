"""Tracks → Score through symusic's parser in C++, with probes for what it would not tell.

Files that need more are left to the careful reader: damaged ones, notes that never end, banks
that change, tracks that set up the instruments of others, resets among bends.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import symusic

from musicgen.midi.careful import MICROSECONDS_PER_MINUTE, refuse_standstill
from musicgen.midi.channels import HEARD, RESET, bank_curve, bend_curve, glides, pedal_curve
from musicgen.midi.chunks import END_OF_TRACK, MidiChunks
from musicgen.midi.errors import DamagedMidiError, MidiLimitError
from musicgen.midi.events import (
    META,
    check_counts,
    check_places,
    check_ticks,
    events,
    quantity,
)
from musicgen.midi.limits import MidiLimits
from musicgen.midi.probes import LATE, MARKER_TEXT, probed_file
from musicgen.midi.text import decode_text
from musicgen.midi.tracks import DRUM_CHANNEL, ONE_PART, key_signature
from musicgen.midi.voices import Columns, VoiceTable
from musicgen.score import (
    NO_CURVE,
    Curve,
    KeySignature,
    Part,
    Score,
    ScoreError,
    TempoChange,
    TimeSignature,
)

_LAST_SAFE_TICK: Final = LATE - 1  # so that probes come last, still counted in 32 bits
_NAME_EVENT: Final = b"\xff\x03"
_NAME_AT_ONCE: Final = b"\0" + _NAME_EVENT
# A fourth of the time that `TempoChange._make` takes; a performance has thousands.
_TEMPO_CHANGE: Final = partial(tuple.__new__, TempoChange)
_IS_HEARD: Final = np.isin(np.arange(256), list(HEARD))


class _Voice(NamedTuple):
    """One program of one channel of one track."""

    track: int
    channel: int
    program: int


class _NeedsCareError(Exception):
    """The file says something that the parser does not tell well enough."""


def read_quickly(chunks: MidiChunks, limits: MidiLimits) -> tuple[Score, int] | None:
    """The score of checked chunks and the tick of its last event; None where it takes more care.

    Raises:
        MidiLimitError: over a limit.
        DamagedMidiError: a tempo of 0.
    """
    data = chunks.data
    is_whole = all(data.endswith(END_OF_TRACK, start, end) for start, end in chunks.tracks)
    if chunks.is_sequential or not is_whole or ONE_PART in data:
        return None
    bodies = [data[start : end - len(END_OF_TRACK)] for start, end in chunks.tracks]
    try:
        check_counts(chunks, limits)
        probed = probed_file(bodies, chunks.ticks_per_quarter)
        if probed is None:
            return None
        parsed: Any = symusic.Score.from_midi(probed.file)
        check_ticks(chunks, limits, probed.quiet if len(parsed.tempos) == probed.tempi else None)
    except MidiLimitError:
        raise
    except (RuntimeError, ValueError):
        return None  # the careful reader finds where the damage is, and what lies before it
    ends = [marker.time for marker in _listed(parsed.markers) if marker.text == MARKER_TEXT]
    # Beyond 2**31 the parser's ticks are negative: the careful reader says so.
    if len(ends) != len(bodies) or min(ends) < 0 or max(ends) > _LAST_SAFE_TICK:
        return None
    try:
        parts, is_titled = _parts(parsed, bodies, probed.may_set_programs, limits, max(ends))
        title = _name(bodies[0]) if is_titled else ""
    except (_NeedsCareError, ScoreError, DamagedMidiError):
        return None
    fixed_tempo = chunks.fixed_tempo_bpm
    score = Score(
        parts=parts,
        tempos=_tempos(parsed) if fixed_tempo is None else (TempoChange(0, fixed_tempo),),
        time_signatures=_time_signatures(parsed),
        ticks_per_quarter=chunks.ticks_per_quarter,
        title=title,
        key_signatures=_key_signatures(parsed),
    )
    return score, max(ends)


def _parts(
    parsed: Any, bodies: Sequence[bytes], may_set_programs: Sequence[bool], limits: MidiLimits, end: int
) -> tuple[tuple[Part, ...], bool]:
    """The parts, and whether the first track has no notes, so that its name is the piece's."""
    voices: list[_Voice] = []
    columns: list[tuple[Columns, int]] = []
    channels: dict[int, _Channel] = defaultdict(_Channel)
    for track in _listed(parsed.tracks):
        notes = track.notes
        count = len(notes) - 1
        last = notes[count] if count >= 0 else None
        if last is None or last.time < LATE:
            raise _NeedsCareError  # no probe: it cannot be said whose notes these are
        channel = last.velocity - 1
        if len(track.controls) or len(track.pitch_bends):
            channels[channel].add(track)
        while count and notes[count - 1].time >= LATE:
            count -= 1
        if count:
            voices.append(_Voice(int(track.name), channel, track.program))
            columns.append((notes.numpy(), count))
    if not voices:
        return (), True
    table = VoiceTable(columns, end, LATE)  # a note until then took a late end: it has none of its own
    if len(table) > limits.max_notes:
        raise MidiLimitError(f"The file holds more than {limits.max_notes:,} notes; split it.")
    check_places(len(voices), 0, limits)
    with_notes = {voice.track for voice in voices}
    for number in range(max(with_notes)):
        if may_set_programs[number] and number not in with_notes and _sets_programs(bodies[number]):
            raise _NeedsCareError
    names = {number: _name(bodies[number]) for number in with_notes}
    parts = tuple(
        _part(voice, table, index, names[voice.track], channels.get(voice.channel))
        for index, voice in enumerate(voices)
    )
    return parts, 0 not in with_notes


class _Channel:
    """What controllers and the pitch wheel of a channel say in all tracks together."""

    def __init__(self) -> None:
        self._controls: list[tuple[npt.NDArray[Any], ...]] = []
        self._bends: list[tuple[npt.NDArray[Any], ...]] = []
        self._curves: tuple[Curve, Curve, Curve] | None = None

    def add(self, track: Any) -> None:
        """What one instrument of a track says."""
        columns = track.controls.numpy()
        heard = _IS_HEARD[columns["number"]]
        if heard.any():
            self._controls.append(tuple(columns[name][heard] for name in ("time", "number", "value")))
        if len(track.pitch_bends):
            bends = track.pitch_bends.numpy()
            self._bends.append((bends["time"], bends["value"]))

    def curves(self) -> tuple[Curve, Curve, Curve]:
        """Pedal, bend and bank."""
        if self._curves is None and not self._bends and not any(c[2].any() for c in self._controls):
            self._curves = NO_CURVE, NO_CURVE, NO_CURVE
        if self._curves is None:
            ticks, numbers, values = _in_time(self._controls, 3)
            moves, wheel = _in_time(self._bends, 2)
            bends = NO_CURVE
            if wheel.any():
                resets = ticks[numbers == RESET]
                if np.isin(resets, moves).any():
                    raise _NeedsCareError  # which came first at one tick is not told
                if len(resets):
                    centred = (resets, np.zeros(len(resets), wheel.dtype))
                    moves, wheel = _in_time([(moves, wheel), centred], 2)
                settings = zip(ticks.tolist(), numbers.tolist(), values.tolist(), strict=True)
                bends = bend_curve(settings, moves, wheel)
            self._curves = pedal_curve(ticks, numbers, values), bends, bank_curve(ticks, numbers, values)
        return self._curves


def _in_time(pieces: Sequence[tuple[npt.NDArray[Any], ...]], width: int) -> tuple[npt.NDArray[Any], ...]:
    """Columns of which the first is time, joined and in its order."""
    if not pieces:
        return (np.zeros(0, np.int32),) * width
    if len(pieces) == 1:
        return pieces[0]
    joined = [np.concatenate(columns) for columns in zip(*pieces, strict=True)]
    order = np.argsort(joined[0], kind="stable")
    return tuple(column[order] for column in joined)


def _part(voice: _Voice, table: VoiceTable, index: int, name: str, channel: _Channel | None) -> Part:
    is_drum = voice.channel == DRUM_CHANNEL
    if is_drum or channel is None:
        return Part(table.notes(index), name, voice.program, is_drum)
    pedal, bends, banks = channel.curves()
    bank = 0
    if len(banks):
        selected = banks.at(table.starts(index))
        bank = int(selected[0])
        if (selected != bank).any():
            raise _NeedsCareError  # they are several parts
    if not len(bends):
        return Part(table.notes(index), name, voice.program, bank=bank, pedal=pedal)
    cents = bends.at(table.starts(index))
    cents.setflags(write=False)
    notes = table.notes(index, cents)
    kept = bends if glides(bends, notes.start_ticks, notes.end_ticks) else NO_CURVE
    return Part(notes, name, voice.program, bank=bank, pedal=pedal, bends=kept)


def _name(body: bytes) -> str:
    """The first name in a track, most often among the first events."""
    if body.startswith(_NAME_AT_ONCE) and len(body) > len(_NAME_AT_ONCE):
        length, start = quantity(body, len(_NAME_AT_ONCE))
        return decode_text(body[start : start + length])
    if _NAME_EVENT in body:
        for _, status, content in events(body, 0, len(body)):
            if status == META and body[content] == _NAME_EVENT[1]:
                length, start = quantity(body, content + 1)
                return decode_text(body[start : start + length])
    return ""


def _sets_programs(body: bytes) -> bool:
    """Whether a track without notes changes programs, which then hold for those behind it."""
    return any(status & 0xF0 == 0xC0 for _, status, _ in events(body + END_OF_TRACK, 0, len(body) + 3))


def _tempos(parsed: Any) -> tuple[TempoChange, ...]:
    if not len(parsed.tempos):
        return ()
    columns = parsed.tempos.numpy()
    ticks, microseconds = columns["time"], columns["mspq"]
    if microseconds.min() < 1:
        refuse_standstill(int(ticks[int(microseconds.argmin())]))
    if (ticks[1:] <= ticks[:-1]).any():
        last_at = dict(zip(ticks.tolist(), range(len(ticks)), strict=True))
        kept = [last_at[tick] for tick in sorted(last_at)]
        ticks, microseconds = ticks[kept], microseconds[kept]
    rows = zip(ticks.tolist(), (MICROSECONDS_PER_MINUTE / microseconds).tolist(), strict=True)
    return tuple(map(_TEMPO_CHANGE, rows))


def _listed(values: Any) -> list[Any]:
    """A list of the parser's; its iterator takes longer to end than to give a dozen values."""
    return [values[index] for index in range(len(values))]


def _time_signatures(parsed: Any) -> tuple[TimeSignature, ...]:
    last_at = {
        given.time: (given.numerator, given.denominator)
        for given in _listed(parsed.time_signatures)
        if given.numerator and given.denominator
    }
    return tuple(TimeSignature(tick, *last_at[tick]) for tick in sorted(last_at))


def _key_signatures(parsed: Any) -> tuple[KeySignature, ...]:
    last_at: dict[int, tuple[int, bool]] = {}
    for given in _listed(parsed.key_signatures):
        key = key_signature(given.key, given.tonality)
        if key:
            last_at[given.time] = key
    return tuple(KeySignature(tick, *last_at[tick]) for tick in sorted(last_at))
