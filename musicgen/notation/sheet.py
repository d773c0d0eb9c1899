"""Score → a sheet: what stands where in readable notation, as plain values.

Keeps pitches to the quarter tone, onsets and lengths to the nearest value that reads well,
tempi, meters, key and instruments. A keyboard part becomes two staves, one a hand; a staff has
at most two voices, in which notes end where the next ones begin. Loses drums, dynamics, pedal
and what the grid rounds away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import numpy as np

from musicgen.notation.errors import NotationError
from musicgen.notation.hands import left_hand
from musicgen.notation.instruments import instrument_name, is_keyboard
from musicgen.notation.meter import QUARTER, Bar, BeatGrid, bars_of, pieces
from musicgen.notation.spelling import spelled
from musicgen.score import DEFAULT_TEMPO_BPM, Part, Score

_MIDDLE_C: Final = 120  # quarter tones
_GAP: Final = QUARTER // 2  # units: shorter silences are articulation, not rests
# By whether a written note goes on from one before and goes on after.
_TIES: Final = {(False, False): None, (False, True): "start", (True, True): "continue", (True, False): "stop"}

_Note = tuple[int, int, int]  # start, end, quarter tones


@dataclass(slots=True)
class _Chord:
    start: int
    end: int
    pitches: list[int]


@dataclass(frozen=True, slots=True)
class _Staff:
    name: str
    program: int
    clef: str
    pair: int | None  # staves of one number are joined by a brace
    notes: list[_Note] = field(default_factory=list)


def sheet_of(score: Score, sharps: int, mode: str) -> dict[str, Any]:
    """The sheet as plain JSON values, as `musicgen.notation.worker` reads it.

    Args:
        score: with notes other than drums.
        sharps: of the key signature, negative for flats.
        mode: "major" or "minor".

    Raises:
        NotationError: no notes but drums.
        NotationLimitError: too many bars.
    """
    parts = [part for part in score.parts if len(part.notes) and not part.is_drum]
    if not parts:
        raise NotationError("The score has no notes but drums, which are not written.")
    quarter = score.ticks_per_quarter
    grid = BeatGrid(np.concatenate([part.notes.start_ticks for part in parts]) / quarter)
    staves = [
        staff for number, part in enumerate(parts) for staff in _staves(part, number, parts, grid, quarter)
    ]
    voices = [_voices(staff.notes) for staff in staves]
    end = max(chord.end for staff in voices for voice in staff for chord in voice)
    bars = bars_of(score, end)
    tempos = [(change.start_ticks, change.tempo_bpm) for change in score.tempos] or [(0, DEFAULT_TEMPO_BPM)]
    return {
        "title": score.title,
        "sharps": sharps,
        "mode": mode,
        "bars": [[bar.length, bar.meter] for bar in bars],
        "tempos": _tempos_of_bars(tempos, bars, quarter),
        "staves": [
            {
                "name": staff.name,
                "program": staff.program,
                "clef": staff.clef,
                "pair": staff.pair,
                "bars": _written(staff_voices, bars, grid, sharps),
            }
            for staff, staff_voices in zip(staves, voices, strict=True)
        ],
    }


def _tempos_of_bars(
    tempos: Sequence[tuple[int, float]], bars: Sequence[Bar], quarter: int
) -> list[list[float]]:
    """[index of the bar, bpm]: the first tempo of each bar that changes it by what can be heard."""
    starts = [bar.start for bar in bars]
    marks: list[list[float]] = []
    for ticks, bpm in tempos:
        index = max(int(np.searchsorted(starts, QUARTER * ticks / quarter, side="right")) - 1, 0)
        rounded = float(round(bpm))
        if not marks or (marks[-1][0] != index and marks[-1][1] != rounded):
            marks.append([index, rounded])
    return marks


def _staves(part: Part, number: int, parts: Sequence[Part], grid: BeatGrid, quarter: int) -> list[_Staff]:
    notes = part.notes
    starts = [grid.start(start / quarter) for start in notes.start_ticks.tolist()]
    ends = (notes.end_ticks / quarter).tolist()
    pitches = np.clip(np.rint(2 * notes.pitch + notes.cents / 50), 0, 255).astype(int).tolist()
    rows = [
        (start, grid.end(end, start), pitch) for start, end, pitch in zip(starts, ends, pitches, strict=True)
    ]
    name = part.name or instrument_name(part.program)
    hands = [other for other in parts if is_keyboard(other.program)]
    if not is_keyboard(part.program) or len(hands) == 2:
        clef = "treble" if np.median(pitches) >= _MIDDLE_C else "bass"
        pair = 0 if is_keyboard(part.program) and _are_neighbours(hands, parts) else None
        return [_Staff(name, part.program, clef, pair, rows)]
    is_left = left_hand(starts, [pitch / 2 for pitch in pitches])
    by_hand = [
        [row for row, left in zip(rows, is_left, strict=True) if left == wanted] for wanted in (False, True)
    ]
    return [
        _Staff(name, part.program, "treble", number, by_hand[0]),
        _Staff(name, part.program, "bass", number, by_hand[1]),
    ]


def _are_neighbours(hands: Sequence[Part], parts: Sequence[Part]) -> bool:
    """Whether two parts look like the hands of one player: side by side, the same instrument."""
    places = [index for index, part in enumerate(parts) if any(part is hand for hand in hands)]
    return len(hands) == 2 and places[1] == places[0] + 1 and hands[0].program == hands[1].program


def _voices(notes: Sequence[_Note]) -> list[list[_Chord]]:
    """At most two voices of chords that follow each other without overlapping."""
    struck: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for start, end, pitch in notes:
        struck[start][end].append(pitch)
    voices: list[list[_Chord]] = [[], []]
    for start in sorted(struck):
        for chord in _together(start, struck[start]):
            _place(voices, chord, alone=len(struck[start]) == 1)
    for voice in voices:
        for chord, following in pairwise(voice):
            if following.start - chord.end < _GAP:
                chord.end = following.start
    return voices


def _together(start: int, by_end: dict[int, list[int]]) -> list[_Chord]:
    """What is struck at once as one chord, or two of different lengths, the higher first."""
    longest = max(by_end)
    chords = [_Chord(start, longest, sorted(set(by_end[longest])))]
    others = sorted({pitch for end, pitches in by_end.items() if end != longest for pitch in pitches})
    others = [pitch for pitch in others if pitch not in chords[0].pitches]
    if others:
        chords.append(_Chord(start, max(end for end in by_end if end != longest), others))
    return sorted(chords, key=lambda chord: -sum(chord.pitches) / len(chord.pitches))


def _place(voices: list[list[_Chord]], chord: _Chord, *, alone: bool) -> None:
    """Into the voice that is silent; into one that is not, which then ends there, if none is."""
    free = [voice for voice in voices if not voice or voice[-1].end <= chord.start]
    if free:
        # A second chord struck at once finds the first voice taken by the first.
        chosen = free[0]
    else:
        begun_before = [voice for voice in voices if voice[-1].start < chord.start]
        chosen = min(begun_before, key=lambda voice: voice[-1].end) if begun_before else voices[0]
        if begun_before:
            chosen[-1].end = chord.start
        else:
            voices[0][-1].pitches = sorted({*voices[0][-1].pitches, *chord.pitches})
            return
    chosen.append(chord)


def _written(
    voices: Sequence[Sequence[_Chord]], bars: Sequence[Bar], grid: BeatGrid, sharps: int
) -> list[Any]:
    """For each bar its voices: lists of [offset in units, length, pitches, tie].

    Rests have no pitches. The tie is "start", "continue", "stop" or None, as MusicXML has it.
    """
    written: list[list[list[Any]]] = [[] for _ in bars]
    end = bars[-1].start + bars[-1].length
    for number, voice in enumerate(voices):
        of_bar: list[list[Any]] = [[] for _ in bars]
        position = 0
        for chord in [*voice, _Chord(end, end, [])]:
            for index, unit, length in pieces(position, chord.start, bars, grid):
                of_bar[index].append([unit - bars[index].start, length, [], None])
            names = [spelled(pitch, sharps) for pitch in chord.pitches]
            for index, unit, length in pieces(chord.start, chord.end, bars, grid):
                tie = _TIES[unit > chord.start, unit + length < chord.end]
                of_bar[index].append([unit - bars[index].start, length, names, tie])
            position = max(position, chord.end)
        for index, events in enumerate(of_bar):
            if number == 0 or any(event[2] for event in events):
                written[index].append(events)
    return written
