"""What stands at the front of a piece of events: the things composing can be asked for.

These tokens are the project's own, not MidiTok's. Each group has a value "any" for what is not
known of a piece, or not asked for.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from typing import Final

from musicgen.representation.chord_tokens import METERS
from musicgen.representation.event_grammar import COMPOSE, TASK
from musicgen.representation.grid import main_meter, mean_tempo_bpm
from musicgen.score import Score

ANY: Final = "any"
PACE: Final = "Pace"  # the first, so that a tempo can be asked for right after the beginning
STYLE: Final = "Style"
METER: Final = "Meter"
INFILL: Final = "infill"
ACCOMPANY: Final = "accompany"
# Upper bounds; quarter notes a minute.
_PACES: Final = (60.0, 76.0, 92.0, 108.0, 126.0, 144.0, 168.0)
# Notes a second: 2 is a slow song, 12 a busy orchestra.
_DENSITIES: Final = (1.0, 2.0, 4.0, 6.0, 8.0, 12.0, 16.0)
_MODES: Final = ("major", "minor")
_DRUMS: Final = "drums"
# General MIDI's sixteen groups of eight programs.
_FAMILIES: Final = (
    *("piano", "chromatic percussion", "organ", "guitar", "bass", "strings", "ensemble", "brass"),
    *("reed", "pipe", "synth lead", "synth pad", "synth effects", "ethnic", "percussive", "sound effects"),
)
_PROGRAMS_IN_FAMILY: Final = 8


def groups(styles: Sequence[str], *, with_meter: bool) -> dict[str, tuple[str, ...]]:
    """The values of every group, in the order in which one of each stands at the front.

    Args:
        styles: names of datasets or styles.
        with_meter: whether the meter is among them, because no other token tells it.
    """
    found = {
        PACE: (ANY, *map(str, range(len(_PACES) + 1))),
        TASK: (COMPOSE, INFILL, ACCOMPANY),
        STYLE: (ANY, *styles),
        "Density": (ANY, *map(str, range(len(_DENSITIES) + 1))),
        "Mode": (ANY, *_MODES),
        "Family": (ANY, *_FAMILIES, _DRUMS),
    }
    if with_meter:
        found[METER] = (ANY, *(f"{meter[0]}/{meter[1]}" for meter in METERS if meter))
    return found


def attributes_of(score: Score, style: str) -> dict[str, str]:
    """The value in each group of a whole score with notes; its style has to be told."""
    numerator, denominator = main_meter(score)
    meter = (numerator, denominator)
    return {
        PACE: pace_of(mean_tempo_bpm(score)),
        TASK: COMPOSE,
        STYLE: style,
        "Density": attribute_of_density(score.note_count / max(score.duration_seconds, 1.0)),
        "Mode": _mode(score),
        "Family": _family(score),
        METER: f"{numerator}/{denominator}" if meter in METERS else ANY,
    }


def pace_of(tempo_bpm: float) -> str:
    """The class of a tempo."""
    return str(bisect_right(_PACES, tempo_bpm))


def attribute_of_density(notes_per_second: float) -> str:
    """The class of a density."""
    return str(bisect_right(_DENSITIES, notes_per_second))


def tempo_of_pace(pace: str) -> float | None:
    """A tempo in the middle of a class, in quarter notes a minute; None of any."""
    if pace == ANY:
        return None
    edges = (_PACES[0] ** 2 / _PACES[1], *_PACES, _PACES[-1] ** 2 / _PACES[-2])
    low, high = edges[int(pace)], edges[int(pace) + 1]
    return math.sqrt(low * high)


def _mode(score: Score) -> str:
    from musicgen.statistics.keys import key_estimate  # loads SciPy, which only encoding may need

    key = key_estimate(score)
    return key.split()[-1] if key else ANY


def _family(score: Score) -> str:
    """Of the instruments that play most notes."""
    counts: Counter[str] = Counter()
    for part in score.parts:
        family = _DRUMS if part.is_drum else _FAMILIES[part.program // _PROGRAMS_IN_FAMILY]
        counts[family] += len(part.notes)
    return max(counts, key=lambda family: counts[family])
