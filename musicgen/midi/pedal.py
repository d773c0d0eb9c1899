"""The sustain pedal worked into the lengths of notes."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from musicgen.score import NO_CURVE, Notes, Part, Score

_DOWN: Final = 64.0  # from here on MIDI's sustain pedal holds


def sustained(score: Score) -> Score:
    """The score as it sounds without pedal: each note lasts as long as key or pedal holds it.

    A note that ends while the pedal is down sounds on until the pedal is lifted or its pitch is
    struck again; under a pedal that is never lifted, until the end of the score. The pedals of
    the result are empty. Drums stay as they are.
    """
    end = score.end_ticks
    return replace(score, parts=tuple(_sustained(part, end) for part in score.parts))


def _sustained(part: Part, end_of_score: int) -> Part:
    notes, pedal = part.notes, part.pedal
    if not len(pedal) or not len(notes) or part.is_drum:
        return replace(part, pedal=NO_CURVE)
    is_down = np.concatenate([[False], pedal.values >= _DOWN])
    ends = notes.end_ticks
    # Pressed before the key was left, and not at the same moment.
    before = np.searchsorted(pedal.start_ticks, ends, side="left")
    lifts = pedal.start_ticks[pedal.values < _DOWN].astype(np.int64)
    lifted = np.append(lifts, max(end_of_score, int(ends.max())))[np.searchsorted(lifts, ends, side="left")]
    held = np.where(is_down[before], np.maximum(lifted, ends), ends)
    until = np.where(held > ends, np.minimum(held, _next_strikes(notes, held)), ends)
    lengths = np.maximum(np.maximum(until, ends) - notes.start_ticks, 1)
    columns = (notes.start_ticks, notes.pitch, lengths, notes.velocity, notes.cents)
    return replace(part, notes=Notes(*columns), pedal=NO_CURVE)


def _next_strikes(notes: Notes, otherwise: np.ndarray) -> np.ndarray:
    """int64 (n,): the tick at which each note's pitch is struck next, `otherwise` after its last."""
    order = np.lexsort((notes.start_ticks, notes.cents, notes.pitch))
    pitch, cents = notes.pitch[order], notes.cents[order]
    start = notes.start_ticks[order].astype(np.int64)
    same = (pitch[1:] == pitch[:-1]) & (cents[1:] == cents[:-1])
    following = np.append(np.where(same, start[1:], -1), -1)
    found = np.empty_like(following)
    found[order] = following
    return np.where(found >= 0, found, otherwise)
