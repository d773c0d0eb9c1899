"""Which hand plays which note of a keyboard part."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final, NamedTuple

_MIDDLE: Final = 60.0  # middle C, on which the hands divide the keyboard
_SPAN: Final = 14  # semitones that a hand reaches
_STRETCH_COST: Final = 3.0  # for each semitone beyond
_CROSSING_COST: Final = 0.4  # for each semitone of a note on the other hand's side
_MOVE_COST: Final = 0.2  # for each semitone that a hand moves
_MOST_NOTES: Final = 24  # struck at once that are weighed; more are split at the middle


class _Choice(NamedTuple):
    """A way to have played all so far: its cost, where the hands are, and how it came to be."""

    cost: float
    left: float
    right: float
    low_count: int
    before: _Choice | None


def left_hand(onsets: Sequence[int], pitches: Sequence[float]) -> list[bool]:
    """For each note whether the left hand plays it.

    Of notes struck together the left hand takes some of the lowest; how many is chosen for the
    whole piece at once, so that hands stretch, cross the middle and move as little as may be.

    Args:
        onsets: ascending.
        pitches: MIDI numbers, one an onset.
    """
    order = sorted(range(len(onsets)), key=lambda index: (onsets[index], pitches[index]))
    groups = [list(group) for _, group in groupby(order, key=lambda index: onsets[index])]
    choices = [_Choice(0.0, _MIDDLE - 12, _MIDDLE + 12, 0, None)]
    for group in groups:
        struck = [pitches[index] for index in group]
        choices = [_best(choices, struck, low_count) for low_count in _possible(struck)]
    is_left = [False] * len(onsets)
    choice: _Choice | None = min(choices, key=lambda choice: choice.cost)
    for group in reversed(groups):
        assert choice is not None
        for index in group[: choice.low_count]:
            is_left[index] = True
        choice = choice.before
    return is_left


def _possible(struck: Sequence[float]) -> Sequence[int]:
    if len(struck) > _MOST_NOTES:
        return [sum(pitch < _MIDDLE for pitch in struck)]
    return range(len(struck) + 1)


def _best(choices: Sequence[_Choice], struck: Sequence[float], low_count: int) -> _Choice:
    low, high = struck[:low_count], struck[low_count:]
    fixed = sum(max(hand[-1] - hand[0] - _SPAN, 0) * _STRETCH_COST for hand in (low, high) if hand)
    fixed += _CROSSING_COST * sum(max(pitch - _MIDDLE, 0) for pitch in low)
    fixed += _CROSSING_COST * sum(max(_MIDDLE - pitch, 0) for pitch in high)
    left = sum(low) / len(low) if low else None
    right = sum(high) / len(high) if high else None

    def cost(choice: _Choice) -> float:
        moved = abs(left - choice.left) if left is not None else 0.0
        moved += abs(right - choice.right) if right is not None else 0.0
        return choice.cost + _MOVE_COST * moved

    best = min(choices, key=cost)
    return _Choice(
        cost(best) + fixed,
        best.left if left is None else left,
        best.right if right is None else right,
        low_count,
        best,
    )
