"""Event tokens → Score, by the tokens' own meaning: needs no MidiTok."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from musicgen.representation import event_attributes as front
from musicgen.representation.event_grammar import DRUM_PROGRAM, POSITIONS_PER_BEAT
from musicgen.score import MAX_TICKS, TICKS_PER_QUARTER, Note, Notes, Part, Score, TempoChange, TimeSignature

_WHOLE_NOTE: Final = 4 * TICKS_PER_QUARTER  # ticks
_DEFAULT_VELOCITY: Final = 64  # where a Duration follows without Velocity
_NUMBERS: Final = ("Pitch", "PitchDrum", "Velocity", "Position", "Program")


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
        parts = tuple(
            Part(Notes.of(notes), program=program, is_drum=is_drum)
            for (is_drum, program), notes in sorted(reading.notes.items())
        )
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
        self._meter = (4, 4, TICKS_PER_QUARTER)
        self._program = 0
        self._struck: tuple[bool, int] | None = None  # a pitch that waits for its duration
        self._velocity = _DEFAULT_VELOCITY

    def read(self, kind: str, value: Any) -> None:
        """Follow one token."""
        match kind:
            case "Bar":
                self._bar = 0 if self._bar is None else self._bar + self._meter[0] * self._meter[2]
                self.now = self._bar
            case "TimeSig":
                self._set_meter(value)
            case front.METER if value != front.ANY:
                self._set_meter(value)
                self._meter = (4, 4, TICKS_PER_QUARTER)  # shifts are counted in quarters
            case "Position":
                self.now = (self._bar or 0) + value * self._meter[2] // POSITIONS_PER_BEAT
            case "TimeShift":
                self.now += round(value * self._meter[2])
            case "Tempo":
                self.tempos[self.now] = value
            case "Program":
                self._program = value
            case "Pitch" | "PitchDrum":
                self._struck = (kind == "PitchDrum", value)
                self._velocity = _DEFAULT_VELOCITY
            case "Velocity":
                self._velocity = value
            case "Duration":
                self._end(max(1, round(value * self._meter[2])))

    def _set_meter(self, meter: tuple[int, int, int]) -> None:
        self._meter = meter
        written = TimeSignature(self.now, meter[0], meter[1])
        if not self.meters or (self.meters[-1].numerator, self.meters[-1].denominator) != meter[:2]:
            self.meters.append(written)

    def _end(self, duration: int) -> None:
        if self._struck:
            is_drum, pitch = self._struck
            key = (is_drum, 0 if is_drum else self._program)
            self.notes.setdefault(key, []).append(Note(self.now, pitch, duration, self._velocity))
            self._struck = None
