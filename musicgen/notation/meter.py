"""Time as notation has it: beats divided in two or three, bars, and the values notes can have.

Units are 24ths of a quarter note, absolute from the beginning of the piece.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from musicgen.notation.errors import NotationLimitError
from musicgen.score import DEFAULT_METER, Score

QUARTER: Final = 24  # units
_MAX_BARS: Final = 5_000
_BAR_STEP: Final = 6  # units: bars begin on sixteenths
# Parts of a beat, and how many quarter notes nearer finer parts must bring the onsets to be taken.
_DIVISIONS: Final = {1: 0.0, 2: 0.01, 4: 0.02, 3: 0.03, 8: 0.06, 6: 0.06}
_TRIPLE: Final = frozenset((3, 6))
_EVEN_VALUES: Final = (96, 72, 48, 36, 24, 18, 12, 9, 6, 3)  # units, whole note to 32nd, some dotted
_TRIPLE_VALUES: Final = (16, 8, 4)
_LONGEST_SYNCOPE: Final = 48  # units that one note may last across beats if it begins on an eighth


class BeatGrid:
    """Into how many parts each quarter of a piece is divided.

    Chosen for each by its onsets: the coarsest division that fits them well.
    """

    def __init__(self, onsets: npt.NDArray[np.float64]) -> None:
        self._divisions: dict[int, int] = {}
        beats = np.floor(onsets).astype(np.int64)
        order = np.argsort(beats, kind="stable")
        beats, parts = beats[order], (onsets - np.floor(onsets))[order]
        first = np.flatnonzero(np.diff(beats, prepend=-1))
        for beat, found in zip(beats[first].tolist(), np.split(parts, first[1:]), strict=True):
            costs = {
                division: float(np.abs(found - np.rint(found * division) / division).mean()) + cost
                for division, cost in _DIVISIONS.items()
            }
            self._divisions[beat] = min(costs, key=costs.__getitem__)

    def is_triple(self, beat: int) -> bool:
        """Whether a quarter is divided into triplets."""
        return self._divisions.get(beat, 1) in _TRIPLE

    def start(self, quarters: float) -> int:
        """The unit on the grid nearest to an onset."""
        beat = int(quarters // 1)
        division = self._divisions.get(beat, 4)
        return QUARTER * beat + round((quarters - beat) * division) * QUARTER // division

    def end(self, quarters: float, start: int) -> int:
        """The unit on the grid nearest to the end of a note that begins at a unit; at least a step later."""
        first = start // QUARTER
        shortest = QUARTER // self._divisions[first] if self.is_triple(first) else QUARTER // 4
        beat = int(quarters // 1)
        if self.is_triple(beat) and beat != first:
            return max(round(quarters) * QUARTER, start + shortest)
        division = max(self._divisions.get(beat, 2), 2)
        end = QUARTER * beat + round((quarters - beat) * division) * QUARTER // division
        return max(end, start + shortest)


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar.

    Attributes:
        start: units.
        length: units.
        meter: numerator and denominator if they begin to hold here, else None.
    """

    start: int
    length: int
    meter: tuple[int, int] | None


def bars_of(score: Score, end: int) -> list[Bar]:
    """The bars from the beginning until a unit is covered.

    Raises:
        NotationLimitError: too many.
    """
    changes = {0: DEFAULT_METER}
    for given in score.time_signatures:
        if given.denominator <= 4 * QUARTER // _BAR_STEP:
            start = round(QUARTER * given.start_ticks / score.ticks_per_quarter / _BAR_STEP) * _BAR_STEP
            changes[start] = (given.numerator, given.denominator)
    starts = sorted(changes)
    bars: list[Bar] = []
    meter: tuple[int, int] | None = None
    position = 0
    while position < end or not bars:
        current = changes[max(start for start in starts if start <= position)]
        following = min((start for start in starts if start > position), default=end + 96 * 256)
        length = min(4 * QUARTER * current[0] // current[1], following - position)
        bars.append(Bar(position, length, current if current != meter else None))
        meter = current
        position += length
        if len(bars) > _MAX_BARS:
            raise NotationLimitError(f"The piece has more than {_MAX_BARS:,} bars; shorten it.")
    return bars


def pieces(start: int, end: int, bars: Sequence[Bar], grid: BeatGrid) -> Iterator[tuple[int, int, int]]:
    """The written values of something that lasts from one unit to another.

    Yields:
        (index of the bar, unit, length in units) of values that a note can have.
    """
    first = max(bisect_right(bars, start, key=lambda bar: bar.start) - 1, 0)
    for index in range(first, len(bars)):
        bar = bars[index]
        if bar.start >= end:
            return
        low, high = max(start, bar.start), min(end, bar.start + bar.length)
        while low < high:
            for length in _values(low, high, grid):
                yield index, low, length
                low += length


def _values(low: int, high: int, grid: BeatGrid) -> list[int]:
    """The values of the next stretch inside a bar."""
    beat, within = divmod(low, QUARTER)
    beat_end = (beat + 1) * QUARTER
    if grid.is_triple(beat) and not (within == 0 and high >= beat_end):
        return _greedy(min(high, beat_end) - low, _TRIPLE_VALUES)
    last_beat = high // QUARTER * QUARTER
    if high % QUARTER and grid.is_triple(high // QUARTER) and last_beat > low:
        high = last_beat
    length = high - low
    on_eighth = within % (QUARTER // 2) == 0 and length <= _LONGEST_SYNCOPE
    if length in _EVEN_VALUES and (within == 0 or on_eighth or high <= beat_end):
        return [length]
    return _greedy(min(high, beat_end) - low if within else length, _EVEN_VALUES)


def _greedy(length: int, values: Sequence[int]) -> list[int]:
    found = []
    for value in values:
        while length >= value:
            found.append(value)
            length -= value
    return [*found, length] if length else found
