"""The notes of a score as pages draw them: times in milliseconds, pitches with their cents.

What `to_json` gives is the format of static/generator/roll.js, which documents it too.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from musicgen.notation.instruments import instrument_name
from musicgen.score import DEFAULT_METER, Part, Score

MOST_BARS: Final = 4000  # lines to draw; a piece with more is drawn without them
_PEDAL_DOWN: Final = 64.0  # from here on MIDI's sustain pedal holds


@dataclass(frozen=True)
class RollNotes:
    """A piece as it is drawn.

    Attributes:
        seconds: to the end of the last note.
        parts: for each part its program, name, whether it is drums, and its notes as one flat list
            of start and length (milliseconds), pitch (MIDI number, cents as decimals), velocity.
        bars: where bars begin, in milliseconds.
        pedal: when the sustain pedal is down, as pairs of milliseconds, all parts together.
    """

    seconds: float
    parts: tuple[dict[str, Any], ...]
    bars: tuple[int, ...]
    pedal: tuple[tuple[int, int], ...]

    def to_json(self) -> dict[str, Any]:
        """What the page's module reads."""
        return {
            "seconds": round(self.seconds, 3),
            "parts": list(self.parts),
            "bars": list(self.bars),
            "pedal": [list(pair) for pair in self.pedal],
        }


def roll_notes(score: Score) -> RollNotes:
    """The notes of a score, ready to be drawn."""
    return RollNotes(
        seconds=score.duration_seconds,
        parts=tuple(_part(score, part) for part in score.parts if len(part.notes)),
        bars=_bars(score),
        pedal=tuple(pair for part in score.parts for pair in _pedal(score, part)),
    )


def _milliseconds(score: Score, ticks: Any) -> list[int]:
    return [int(value) for value in np.rint(score.seconds_at(ticks) * 1000)]


def _part(score: Score, part: Part) -> dict[str, Any]:
    notes = part.notes
    starts = np.rint(score.seconds_at(notes.start_ticks) * 1000).astype(np.int64)
    lengths = np.maximum(np.rint(score.seconds_at(notes.end_ticks) * 1000).astype(np.int64) - starts, 1)
    pitches = np.round(notes.pitch + notes.cents / 100.0, 2)
    rows = zip(starts.tolist(), lengths.tolist(), pitches.tolist(), notes.velocity.tolist(), strict=True)
    flat: list[float] = []
    for start, length, pitch, velocity in rows:
        flat += (start, length, int(pitch) if pitch == int(pitch) else pitch, velocity)
    return {
        "program": part.program,
        "name": instrument_name(part.program, is_drum=part.is_drum),
        "drums": part.is_drum,
        "notes": flat,
    }


def _bars(score: Score) -> tuple[int, ...]:
    end = score.end_ticks
    meters = [(0, *DEFAULT_METER)] if not score.time_signatures else []
    meters += [(meter.start_ticks, meter.numerator, meter.denominator) for meter in score.time_signatures]
    ticks: list[int] = []
    for index, (start, numerator, denominator) in enumerate(meters):
        until = meters[index + 1][0] if index + 1 < len(meters) else end
        bar = max(1, round(score.ticks_per_quarter * 4 * numerator / denominator))
        if (until - start) // bar + len(ticks) > MOST_BARS:
            return ()
        ticks += range(start, until, bar)
    return tuple(_milliseconds(score, np.array(ticks, dtype=np.int64)))


def _pedal(score: Score, part: Part) -> list[tuple[int, int]]:
    curve = part.pedal
    if not len(curve):
        return []
    down = np.concatenate([[False], curve.values >= _PEDAL_DOWN, [False]])
    ticks = np.append(curve.start_ticks.astype(np.int64), score.end_ticks)
    pressed = np.flatnonzero(down[1:] & ~down[:-1])
    lifted = np.flatnonzero(~down[1:] & down[:-1])
    starts, ends = _milliseconds(score, ticks[pressed]), _milliseconds(score, ticks[lifted])
    return [(start, end) for start, end in zip(starts, ends, strict=True) if end > start]
