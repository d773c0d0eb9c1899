"""One track of a MIDI file, walked event by event into what it says. Knows no parts or scores."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Final

from musicgen.midi.channels import BEND, HEARD, Change
from musicgen.midi.chunks import MidiChunks
from musicgen.midi.errors import DamagedMidiError, MidiLimitError
from musicgen.midi.events import EVENTS_A_NOTE, MAX_TICK, META, check_places, events, quantity
from musicgen.midi.limits import MidiLimits

DRUM_CHANNEL: Final = 9
# Sequencer-specific data (under the manufacturer number for private use) that our writer puts
# into a track whose channels are one part, spread so that each note has its own bend.
ONE_PART: Final = b"\x7dmusicgen one part"
_SEQUENCER_SPECIFIC: Final = 0x7F
_TRACK_NAME: Final = 0x03
_TEMPO: Final = 0x51
_METER: Final = 0x58
_KEY: Final = 0x59
_END_OF_TRACK: Final = 0x2F

Instrument = tuple[int, int]  # channel, program


@dataclass(slots=True)
class Track:
    """What a track says, ticks counted from its own beginning.

    Attributes:
        strikes: by instrument, in order: (start, pitch, end, velocity).
        changes: by channel: controllers and pitch wheel in order.
        programs: by channel: the last one.
        tempos, meters, keys: by tick; the last one at a tick holds.
        name: the bytes of its first name, None without one.
        end: tick of its last event.
        hanging: how many notes were struck but never ended.
        has_end: whether an end-of-track event closes it.
        is_one_part: whether its channels are one part, spread so that each note has its bend.
        damage: why it could not be read to its end; None if it could.
    """

    strikes: dict[Instrument, list[list[int]]] = field(default_factory=lambda: defaultdict(list))
    changes: dict[int, list[Change]] = field(default_factory=lambda: defaultdict(list))
    programs: dict[int, int] = field(default_factory=dict)
    tempos: dict[int, int] = field(default_factory=dict)
    meters: dict[int, tuple[int, int]] = field(default_factory=dict)
    keys: dict[int, tuple[int, bool]] = field(default_factory=dict)
    name: bytes | None = None
    end: int = 0
    hanging: int = 0
    has_end: bool = False
    is_one_part: bool = False
    damage: DamagedMidiError | None = None


class TrackWalker:
    """Walks the tracks of one file; the limits hold for all of them together."""

    def __init__(self, chunks: MidiChunks, limits: MidiLimits) -> None:
        self._data = chunks.data
        self._limits = limits
        self._notes_left = limits.max_notes
        self._events_left = EVENTS_A_NOTE * limits.max_notes
        self._instruments = 0

    def walk(self, span: tuple[int, int], setup: Mapping[int, int] | None = None) -> Track:
        """What the track between two bytes says, up to where it stops making sense.

        Args:
            span: of the track's events in the file.
            setup: programs of the channels that have one before the track begins.

        Raises:
            MidiLimitError: too many notes, events or instruments, or too late ones.
        """
        state = _State(self._data, setup or {}, self._notes_left)
        track = state.track
        nothing = state.nothing
        handlers = (*[nothing] * 8, state.off, state.on, nothing, state.control, state.program)
        handlers = (*handlers, nothing, state.bend, state.system)
        try:
            for tick, status, content in events(self._data, *span):
                track.end = tick
                self._events_left -= 1
                if self._events_left < 0 or tick > MAX_TICK:
                    self._refuse(tick)
                handlers[status >> 4](tick, status, content)
        except DamagedMidiError as error:
            track.damage = error
        self._notes_left = state.notes_left
        self._instruments += len(track.strikes)
        check_places(self._instruments, track.end, self._limits)
        if any(state.sounding.values()):
            _end_hanging(track, state.sounding)
        return track

    def _refuse(self, tick: int) -> None:
        check_places(0, tick, self._limits)
        raise MidiLimitError(
            f"The file holds more than {EVENTS_A_NOTE * self._limits.max_notes:,} events; "
            "split it, or thin out its controllers."
        )


class _State:
    """A track as far as it was walked: what sounds, and which instrument each channel plays."""

    def __init__(self, data: bytes, setup: Mapping[int, int], notes_left: int) -> None:
        self.track = Track()
        self.notes_left = notes_left
        self.sounding: dict[int, deque[list[int]]] = defaultdict(deque)  # by channel and pitch
        self._data = data
        self._instruments: list[Instrument] = [(channel, setup.get(channel, 0)) for channel in range(16)]

    def nothing(self, tick: int, status: int, content: int) -> None:
        """Pressure of keys and channels is not kept."""

    def on(self, tick: int, status: int, content: int) -> None:
        data = self._data
        velocity = data[content + 1]
        if not velocity:
            self.off(tick, status, content)
            return
        note = [tick, data[content], -1, velocity]
        self.notes_left -= 1
        if self.notes_left < 0:
            raise MidiLimitError("The file strikes more notes than are read; split or thin it out.")
        channel = status & 15
        self.track.strikes[self._instruments[channel]].append(note)
        self.sounding[channel << 7 | data[content]].append(note)

    def off(self, tick: int, status: int, content: int) -> None:
        struck = self.sounding.get((status & 15) << 7 | self._data[content])
        if struck:
            struck.popleft()[2] = tick

    def control(self, tick: int, status: int, content: int) -> None:
        number, value = self._data[content], self._data[content + 1]
        if number in HEARD:
            self.track.changes[status & 15].append((tick, number, value))

    def program(self, tick: int, status: int, content: int) -> None:
        channel, program = status & 15, self._data[content]
        self._instruments[channel] = (channel, program)
        self.track.programs[channel] = program

    def bend(self, tick: int, status: int, content: int) -> None:
        wheel = self._data[content] | self._data[content + 1] << 7
        self.track.changes[status & 15].append((tick, BEND, wheel))

    def system(self, tick: int, status: int, content: int) -> None:
        if status != META:
            return
        track = self.track
        kind = self._data[content]
        length, start = quantity(self._data, content + 1)
        text = self._data[start : start + length]
        if kind == _TRACK_NAME and track.name is None:
            track.name = text
        elif kind == _TEMPO and length == 3:
            track.tempos[tick] = int.from_bytes(text, "big")
        elif kind == _METER and length >= 2 and text[0] and text[1] < 8:
            track.meters[tick] = (text[0], 1 << text[1])
        elif kind == _KEY and length >= 2:
            key = key_signature(int.from_bytes(text[:1], "big", signed=True), text[1])
            if key:
                track.keys[tick] = key
        elif kind == _SEQUENCER_SPECIFIC:
            track.is_one_part |= text == ONE_PART
        elif kind == _END_OF_TRACK:
            track.has_end = True


def key_signature(sharps: int, mode: int) -> tuple[int, bool] | None:
    """(sharps, is minor) of a key signature event; None if it says none that exists."""
    return (sharps, mode == 1) if -7 <= sharps <= 7 and mode in (0, 1) else None


def _end_hanging(track: Track, sounding: Mapping[int, Sequence[list[int]]]) -> None:
    """End notes that nothing ended: at the next strike of their pitch, at the latest with the track.

    Of a pitch with such notes all are paired anew, because the first end after two strikes
    belongs to the second of them where the end of the first is missing.
    """
    struck: dict[int, list[list[int]]] = {key: [] for key, left in sounding.items() if left}
    track.hanging = sum(map(len, sounding.values()))
    for (channel, _), notes in track.strikes.items():
        for note in notes:
            same = struck.get(channel << 7 | note[1])
            if same is not None:
                same.append(note)
    for notes in struck.values():
        notes.sort(key=lambda note: note[0])
        ends = deque(sorted(note[2] for note in notes if note[2] >= 0))
        for note, following in zip_longest(notes, notes[1:]):
            while ends and ends[0] <= note[0]:
                ends.popleft()
            latest = following[0] if following else track.end
            note[2] = min(ends[0], latest) if ends else latest
