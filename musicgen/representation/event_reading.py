"""Event tokens → Score, by the tokens' own meaning: needs no MidiTok."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from musicgen.representation import event_attributes as front
from musicgen.representation.event_grammar import DRUM_PROGRAM, POSITIONS_PER_BEAT
from musicgen.score import (
    MAX_TICKS,
    NO_CURVE,
    TICKS_PER_QUARTER,
    Curve,
    Note,
    Notes,
    Part,
    Score,
    TempoChange,
    TimeSignature,
)

_WHOLE_NOTE: Final = 4 * TICKS_PER_QUARTER  # ticks
_DEFAULT_VELOCITY: Final = 64  # where a Duration follows without Velocity
_NUMBERS: Final = ("Pitch", "PitchDrum", "Velocity", "Position", "Program", "Cents", "Bend")
_FOUR_QUARTERS: Final = (4, 4, TICKS_PER_QUARTER)
_PEDAL_DOWN: Final = 127.0
_PEDAL: Final = -1  # instead of a velocity: what lasts is the pedal


class EventReader:
    """Reads the tokens of one vocabulary.

    Args:
        tokens: type and value of every token, by id.

    Raises:
        ValueError, ZeroDivisionError: a value that its type cannot have.
    """

    def __init__(self, tokens: Sequence[tuple[str, str]]) -> None:
        self._meanings = [_meaning(kind, value) for kind, value in tokens]

    def score(self, tokens: Sequence[int], *, tempo_bpm: float, one_tempo: bool, title: str) -> Score:
        """The score of some tokens.

        Args:
            tokens: ids (n,).
            tempo_bpm: from the beginning on.
            one_tempo: whether changes of tempo are passed over.
            title: of the score.
        """
        reading = _Reading(tempo_bpm)
        for token in tokens:
            kind, value = self._meanings[token]
            if kind == "EOS" or reading.now > MAX_TICKS // 2:
                break
            reading.read(kind, value)
        parts = tuple(reading.part(*instrument) for instrument in sorted(reading.notes))
        tempos = {0: tempo_bpm} if one_tempo else reading.tempos
        return Score(
            parts=parts or (Part(),),
            tempos=tuple(TempoChange(start, tempo) for start, tempo in tempos.items()),
            time_signatures=tuple(reading.meters),
            ticks_per_quarter=TICKS_PER_QUARTER,
            title=title,
        )


def _meaning(kind: str, value: str) -> tuple[str, Any]:
    if kind == "Program" and value == DRUM_PROGRAM:
        return "DrumProgram", None
    if kind in _NUMBERS:
        return kind, int(value)
    if kind == "Tempo":
        return kind, float(value)
    if kind in ("Duration", "TimeShift"):
        beats, steps, steps_per_beat = map(int, value.split("."))
        return kind, (beats * steps_per_beat + steps) / steps_per_beat
    if kind == "TimeSig" or (kind == front.METER and value != front.ANY):
        numerator, denominator = map(int, value.split("/"))
        return kind, (numerator, denominator, _WHOLE_NOTE // denominator)
    return kind, value


class _Reading:
    """Where a reader stands, in ticks, and what it has found."""

    def __init__(self, tempo_bpm: float) -> None:
        self.now = 0
        self.notes: dict[tuple[bool, int], list[Note]] = {}
        self.tempos = {0: tempo_bpm}
        self.meters: list[TimeSignature] = []
        self._bar: int | None = None  # where the bar begins; None before the first
        self._meter = _FOUR_QUARTERS
        self._program = 0
        self._struck: tuple[bool, int] | None = None  # a pitch that waits for its duration
        self._velocity = _DEFAULT_VELOCITY
        self._cents = 0
        self._pressed: dict[int, list[tuple[int, int]]] = {}  # from, to: by program
        self._bends: dict[int, list[tuple[int, int]]] = {}  # tick, cents: by program
        self._gap: tuple[int, int | None, tuple[int, int, int]] | None = None  # where a passage is missing
        self._beyond: int | None = None  # the first note after it
        self._is_filling = False

    def read(self, kind: str, value: Any) -> None:
        """Follow one token."""
        match kind:
            case "Program":
                self._program = value
            case "Pitch" | "PitchDrum":
                self._struck = (kind == "PitchDrum", value)
                self._velocity, self._cents = _DEFAULT_VELOCITY, 0
            case "Cents":
                self._cents = value
            case "Bend":
                self._bends.setdefault(self._program, []).append((self.now, value))
            case "Pedal":
                self._struck = None
                self._velocity = _PEDAL
            case "Velocity":
                self._velocity = value
            case "Duration":
                self._end(max(1, round(value * self._meter[2])))
            case _:
                self._read_time(kind, value)

    def _read_time(self, kind: str, value: Any) -> None:
        match kind:
            case "Bar":
                self._bar = 0 if self._bar is None else self._bar + self._meter[0] * self._meter[2]
                self.now = self._bar
            case "TimeSig":
                self._set_meter(value)
            case front.METER if value != front.ANY:
                self._set_meter(value)
                self._meter = _FOUR_QUARTERS  # shifts are counted in quarters
            case "Position":
                self.now = (self._bar or 0) + value * self._meter[2] // POSITIONS_PER_BEAT
            case "TimeShift":
                self.now += round(value * self._meter[2])
            case "Tempo":
                self.tempos[self.now] = value
            case "Gap":
                self._gap = (self.now, self._bar, self._meter)
            case "Fill":
                self.now, self._bar, self._meter = self._gap or (0, None, _FOUR_QUARTERS)
                self._is_filling = True

    def _set_meter(self, meter: tuple[int, int, int]) -> None:
        self._meter = meter
        written = TimeSignature(self.now, meter[0], meter[1])
        if not self.meters or (self.meters[-1].numerator, self.meters[-1].denominator) != meter[:2]:
            self.meters.append(written)

    def _end(self, duration: int) -> None:
        if self._struck and not (self._is_filling and self._beyond is not None and self.now >= self._beyond):
            is_drum, pitch = self._struck
            key = (is_drum, 0 if is_drum else self._program)
            note = Note(self.now, pitch, duration, self._velocity, float(self._cents))
            self.notes.setdefault(key, []).append(note)
            if self._gap and not self._is_filling:
                self._beyond = self.now if self._beyond is None else self._beyond
        elif self._velocity == _PEDAL:
            self._pressed.setdefault(self._program, []).append((self.now, self.now + duration))
        self._struck = None
        self._velocity = _DEFAULT_VELOCITY

    def part(self, is_drum: bool, program: int) -> Part:
        """What an instrument that has notes plays."""
        notes = Notes.of(self.notes[is_drum, program])
        bends = NO_CURVE
        if not is_drum and (moves := self._bends.get(program)):
            ticks, cents = zip(*moves, strict=True)
            bends = Curve(ticks, cents)
            columns = (notes.start_ticks, notes.pitch, notes.duration_ticks, notes.velocity)
            # A wheel bends every note of its instrument, whatever else was said of one.
            notes = Notes(*columns, bends.at(notes.start_ticks))
        pedal = self._pedal(is_drum, program)
        return Part(notes, program=program, is_drum=is_drum, pedal=pedal, bends=bends)

    def _pedal(self, is_drum: bool, program: int) -> Curve:
        """How an instrument's pedal goes; times that touch are one."""
        ticks: list[int] = []
        values: list[float] = []
        for start, end in sorted(() if is_drum else self._pressed.get(program, ())):
            while ticks and ticks[-1] >= start:
                ticks.pop()
                values.pop()
            ticks += [start, end]
            values += [_PEDAL_DOWN, 0.0]
        return Curve(ticks, values)
