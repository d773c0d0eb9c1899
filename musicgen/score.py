"""The value types that every room shares: notes, parts, tempo and meter, a score.

A score knows music, not MIDI bytes, tokens, sound or files. All values are frozen.
The notes of a part are kept as columns (one NumPy array a property), because a dataset
holds millions of them; `Note` is what a person or a test reads and writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, overload

import numpy as np
import numpy.typing as npt

TICKS_PER_QUARTER: Final = 480  # ticks in a quarter note where nothing else is asked for
MAX_TICKS: Final = 2**31 - 1  # what a column of int32 holds; a MIDI file's own limit is near
DEFAULT_TEMPO_BPM: Final = 120.0  # quarter notes a minute, MIDI's default without a tempo event
DEFAULT_METER: Final = (4, 4)  # MIDI's default without a time signature event

Int32Array = npt.NDArray[np.int32]
Int64Array = npt.NDArray[np.int64]
Float32Array = npt.NDArray[np.float32]
Float64Array = npt.NDArray[np.float64]


class ScoreError(ValueError):
    """A score, part or note was asked to hold what no music can be."""


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One note.

    Attributes:
        start_ticks: onset, in ticks from the beginning of the score, ≥ 0.
        pitch: MIDI number 0–127, A4 = 69.
        duration_ticks: sounding length in ticks, ≥ 1.
        velocity: MIDI velocity 1–127.
        cents: offset from the pitch in cents (1/100 semitone); a quarter tone up is +50.
    """

    start_ticks: int
    pitch: int
    duration_ticks: int
    velocity: int = 64
    cents: float = 0.0

    @property
    def end_ticks(self) -> int:
        """The tick at which the note is silent again."""
        return self.start_ticks + self.duration_ticks


class TempoChange(NamedTuple):
    """From `start_ticks` on, `tempo_bpm` quarter notes a minute (> 0).

    A tuple, because performances hold thousands, and a tuple is made in a fourth of the time.
    """

    start_ticks: int
    tempo_bpm: float


@dataclass(frozen=True, slots=True, order=True)
class TimeSignature:
    """From `start_ticks` on, bars of `numerator` notes of 1/`denominator`."""

    start_ticks: int
    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True, order=True)
class KeySignature:
    """From `start_ticks` on, a signature of `sharps` sharps (negative: flats), −7 to 7."""

    start_ticks: int
    sharps: int
    is_minor: bool = False


def _column(values: npt.ArrayLike, dtype: type[np.int32] | type[np.float32]) -> npt.NDArray[Any]:
    column = np.array(values, dtype=dtype)
    column.setflags(write=False)
    return column


def _integers(values: npt.ArrayLike) -> npt.NDArray[np.integer[Any]]:
    column = np.asarray(values)
    return column if column.dtype.kind in "iu" else np.asarray(values, np.int64)


def _order(
    start: npt.NDArray[np.integer[Any]],
    pitch: npt.NDArray[np.integer[Any]],
    duration: npt.NDArray[np.integer[Any]],
) -> Int64Array:
    """By (start, pitch, duration); notes are often nearly so already, which one key exploits."""
    key = start.astype(np.int64) << 7 | pitch
    order = np.argsort(key, kind="stable")
    key = key[order]
    if (key[1:] == key[:-1]).any():
        return np.lexsort((duration, pitch, start))
    return order


class Notes:
    """The notes of a part as read-only columns, sorted by (start, pitch, duration).

    Iterating or indexing gives `Note`s; arithmetic belongs on the columns.

    Args:
        start_ticks, pitch, duration_ticks, velocity: integers, shape (n,).
        cents: float, shape (n,); zeros when left out.

    Raises:
        ScoreError: columns of different length, or a value outside what `Note` allows.
    """

    __slots__ = ("cents", "duration_ticks", "pitch", "start_ticks", "velocity")

    start_ticks: Int32Array
    pitch: Int32Array
    duration_ticks: Int32Array
    velocity: Int32Array
    cents: Float32Array

    def __init__(
        self,
        start_ticks: npt.ArrayLike = (),
        pitch: npt.ArrayLike = (),
        duration_ticks: npt.ArrayLike = (),
        velocity: npt.ArrayLike = (),
        cents: npt.ArrayLike | None = None,
    ) -> None:
        start, pitches, durations, velocities = (
            _integers(column) for column in (start_ticks, pitch, duration_ticks, velocity)
        )
        offsets = np.zeros(len(start), np.float32) if cents is None else np.asarray(cents, np.float32)
        if not len(start) == len(pitches) == len(durations) == len(velocities) == len(offsets):
            raise ScoreError("The columns of notes differ in length.")
        if len(start):
            _check_range("start_ticks", start, 0, MAX_TICKS)
            _check_range("pitch", pitches, 0, 127)
            _check_range("duration_ticks", durations, 1, MAX_TICKS)
            _check_range("velocity", velocities, 1, 127)
        order = _order(start, pitches, durations)
        self.start_ticks = _column(start[order], np.int32)
        self.pitch = _column(pitches[order], np.int32)
        self.duration_ticks = _column(durations[order], np.int32)
        self.velocity = _column(velocities[order], np.int32)
        self.cents = _column(offsets[order], np.float32)

    @classmethod
    def of(cls, notes: Iterable[Note]) -> Notes:
        """Columns from single notes, in any order."""
        listed = list(notes)
        return cls(
            [note.start_ticks for note in listed],
            [note.pitch for note in listed],
            [note.duration_ticks for note in listed],
            [note.velocity for note in listed],
            [note.cents for note in listed],
        )

    @classmethod
    def of_checked(
        cls,
        start_ticks: Int32Array,
        pitch: Int32Array,
        duration_ticks: Int32Array,
        velocity: Int32Array,
        cents: Float32Array,
    ) -> Notes:
        """Columns known to be in order and in range, read-only: neither checked nor copied."""
        notes = cls.__new__(cls)
        notes.start_ticks, notes.pitch, notes.duration_ticks = start_ticks, pitch, duration_ticks
        notes.velocity, notes.cents = velocity, cents
        return notes

    @property
    def end_ticks(self) -> Int64Array:
        """int64 (n,): the tick at which each note is silent again; past int32 for the last of ticks."""
        return self.start_ticks.astype(np.int64) + self.duration_ticks

    def __len__(self) -> int:
        return len(self.start_ticks)

    @overload
    def __getitem__(self, index: int) -> Note: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Note, ...]: ...
    def __getitem__(self, index: int | slice) -> Note | tuple[Note, ...]:
        if isinstance(index, slice):
            return tuple(self[i] for i in range(*index.indices(len(self))))
        return Note(
            int(self.start_ticks[index]),
            int(self.pitch[index]),
            int(self.duration_ticks[index]),
            int(self.velocity[index]),
            float(self.cents[index]),
        )

    def __iter__(self) -> Iterator[Note]:
        return (self[index] for index in range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Notes):
            return NotImplemented
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in self.__slots__)

    __hash__ = None  # type: ignore[assignment]  # compared by value, and too large to hash

    def __repr__(self) -> str:
        return f"Notes({len(self)})"


def _check_range(name: str, values: npt.NDArray[np.integer[Any]], low: int, high: int) -> None:
    if values.min() < low or values.max() > high:
        wrong = (values < low) | (values > high)
        index = int(np.argmax(wrong))
        raise ScoreError(f"Note {index}: {name} is {int(values[index])}, must be {low} to {high}.")


class Curve:
    """A value that changes at certain ticks and holds in between, as a pedal's or a bend's does.

    Args:
        start_ticks: integers ≥ 0, shape (n,), in any order; of several changes at one tick the
            last one given holds.
        values: float, shape (n,).

    Raises:
        ScoreError: columns of different length, or a negative tick.
    """

    __slots__ = ("start_ticks", "values")

    start_ticks: Int32Array
    values: Float32Array

    def __init__(self, start_ticks: npt.ArrayLike = (), values: npt.ArrayLike = ()) -> None:
        ticks = np.asarray(start_ticks, dtype=np.int64)
        given = np.asarray(values, dtype=np.float32)
        if len(ticks) != len(given):
            raise ScoreError("The columns of a curve differ in length.")
        if len(ticks):
            _check_range("start_ticks", ticks, 0, MAX_TICKS)
            order = np.argsort(ticks, kind="stable")
            ticks, given = ticks[order], given[order]
            holds = np.append(ticks[1:] != ticks[:-1], True)
            ticks, given = ticks[holds], given[holds]
        self.start_ticks = _column(ticks, np.int32)
        self.values = _column(given, np.float32)

    @classmethod
    def of_changes(cls, start_ticks: npt.NDArray[Any], values: npt.NDArray[Any]) -> Curve:
        """What ascending ticks within range and their values say, without points that change nothing.

        Args:
            start_ticks: integers, shape (n,); of several at one tick the last holds.
            values: float or integer, shape (n,); 0 holds before the first.
        """
        given = values.astype(np.float32)
        differs = np.empty(len(given), np.bool_)
        holds = start_ticks[1:] != start_ticks[:-1]
        if not holds.all():
            kept = np.append(holds, True)
            start_ticks, given, differs = start_ticks[kept], given[kept], differs[kept]
        np.not_equal(given[1:], given[:-1], out=differs[1:])
        differs[:1] = given[:1] != 0
        curve = cls.__new__(cls)
        curve.start_ticks = start_ticks[differs].astype(np.int32, copy=False)
        curve.values = given[differs]
        curve.start_ticks.setflags(write=False)
        curve.values.setflags(write=False)
        return curve

    def at(self, ticks: npt.ArrayLike) -> Float32Array:
        """The values that hold at ticks, changes at these ticks included; 0 before the first."""
        index = np.searchsorted(self.start_ticks, np.asarray(ticks), side="right")
        return np.concatenate([np.zeros(1, np.float32), self.values])[index]

    def __len__(self) -> int:
        return len(self.start_ticks)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Curve):
            return NotImplemented
        return np.array_equal(self.start_ticks, other.start_ticks) and np.array_equal(
            self.values, other.values
        )

    __hash__ = None  # type: ignore[assignment]  # compared by value, and too large to hash

    def __repr__(self) -> str:
        return f"Curve({len(self)})"


NO_CURVE: Final = Curve()  # shared by all parts without pedal or bends


@dataclass(frozen=True, slots=True)
class Part:
    """The notes of one instrument.

    Attributes:
        notes: sorted columns.
        name: as written in the source, may be empty.
        program: General MIDI program 0–127.
        is_drum: whether pitches name percussion instruments (MIDI channel 10).
        bank: of the program, 0–16,383: 128 × MIDI's controller 0 plus its controller 32.
        pedal: how far the sustain pedal is down, 0–127; from 64 on it holds notes.
        bends: where the pitch glides while notes sound, the bend of the whole part in cents;
            otherwise empty: `Notes.cents` says it all. The cents of a note are the bend at its
            start either way.
    """

    notes: Notes = field(default_factory=Notes)
    name: str = ""
    program: int = 0
    is_drum: bool = False
    bank: int = 0
    pedal: Curve = field(default_factory=lambda: NO_CURVE)
    bends: Curve = field(default_factory=lambda: NO_CURVE)


@dataclass(frozen=True, slots=True)
class Score:
    """A piece of music.

    Attributes:
        parts: one a instrument, in the source's order.
        tempos: sorted by start; before the first (or with none) 120 bpm holds.
        time_signatures: sorted by start; before the first (or with none) 4/4 holds.
        ticks_per_quarter: resolution of every tick in the score.
        title: may be empty.
        key_signatures: sorted by start; there may be none.
    """

    parts: tuple[Part, ...] = ()
    tempos: tuple[TempoChange, ...] = ()
    time_signatures: tuple[TimeSignature, ...] = ()
    ticks_per_quarter: int = TICKS_PER_QUARTER
    title: str = ""
    key_signatures: tuple[KeySignature, ...] = ()

    @property
    def note_count(self) -> int:
        """How many notes all parts have together."""
        return sum(len(part.notes) for part in self.parts)

    @property
    def end_ticks(self) -> int:
        """The tick at which the last note ends; 0 without notes."""
        return max((int(part.notes.end_ticks.max()) for part in self.parts if len(part.notes)), default=0)

    @property
    def duration_seconds(self) -> float:
        """Seconds from tick 0 to the end of the last note."""
        return float(self.seconds_at(np.array([self.end_ticks]))[0])

    def seconds_at(self, ticks: npt.ArrayLike) -> Float64Array:
        """Times of ticks under the tempo map.

        Args:
            ticks: integers ≥ 0, any shape.

        Returns:
            float64 of the same shape, seconds from tick 0.
        """
        wanted = np.asarray(ticks, dtype=np.float64)
        changes = [(0, DEFAULT_TEMPO_BPM), *((t.start_ticks, t.tempo_bpm) for t in self.tempos)]
        starts = np.array([start for start, _ in changes], dtype=np.float64)
        seconds_per_tick = 60.0 / (np.array([bpm for _, bpm in changes]) * self.ticks_per_quarter)
        elapsed = np.concatenate([[0.0], np.cumsum(np.diff(starts) * seconds_per_tick[:-1])])
        segment = np.searchsorted(starts, wanted, side="right") - 1
        return np.asarray(elapsed[segment] + (wanted - starts[segment]) * seconds_per_tick[segment])

    def all_notes(self, *, drums: bool = True) -> Notes:
        """The notes of all parts in one sorted table; without drum parts if asked."""
        chosen = [part.notes for part in self.parts if drums or not part.is_drum]
        if not chosen:
            return Notes()
        return Notes(
            *(
                np.concatenate([getattr(notes, name) for notes in chosen])
                for name in ("start_ticks", "pitch", "duration_ticks", "velocity", "cents")
            )
        )
