"""Judging a take: where it may best be cut, and whether it is stuck. Knows scores and tokens only."""

from __future__ import annotations

from itertools import groupby
from typing import Final

import numpy as np
import numpy.typing as npt

from musicgen.score import Score

STUCK_STRIKES: Final = 12  # equal chords or notes in a row; Bach's 365 chorales have 8 at most, all but one 3
_FEWEST_NOTES: Final = 8
_LONGEST_SILENCE_SECONDS: Final = 8.0


def stuck_reason(score: Score) -> str | None:
    """Why a take is no music: one chord over and over, silence, or next to no notes.

    Returns:
        The reason in words; None for a take that moves.
    """
    if score.note_count < _FEWEST_NOTES:
        return f"it has only {score.note_count} notes"
    return stuck_passage(score)


def stuck_passage(score: Score) -> str | None:
    """Why the beginning of a take makes all of it stuck: what `stuck_reason` finds, but for few notes."""
    notes = score.all_notes()
    if not len(notes):
        return None
    onsets = np.flatnonzero(np.diff(notes.start_ticks, prepend=-1))
    struck = [tuple(pitches) for pitches in np.split(notes.pitch, onsets[1:])]
    longest, chord = max((len(list(run)), chord) for chord, run in groupby(struck))
    if longest >= STUCK_STRIKES:
        return f"it strikes {' '.join(map(str, chord))} {longest} times in a row"
    sounding_until = np.maximum.accumulate(notes.end_ticks)
    begins = score.seconds_at(notes.start_ticks)
    gaps = begins[1:] - score.seconds_at(sounding_until[:-1])
    silence = max(float(gaps.max(initial=0.0)), float(begins[0]))
    if silence > _LONGEST_SILENCE_SECONDS:
        return f"it is silent for {silence:.0f} seconds"
    return None


def best_cut(
    ticks_before: npt.NDArray[np.integer],
    end_probability: npt.NDArray[np.floating],
    least_ticks: int,
    most_ticks: int,
) -> int | None:
    """Where to end a take that did not end by itself: where the network came closest to it.

    Args:
        ticks_before: (n,), time before each token, in grid ticks.
        end_probability: (n,), how likely the piece ended before each token.
        least_ticks, most_ticks: between which to end.

    Returns:
        How many tokens to keep. If the piece could end nowhere in between, those up to the last
        place before; None if there is no such place either.
    """
    possible = (ticks_before <= most_ticks) & (end_probability > 0.0)
    inside = possible & (ticks_before >= least_ticks)
    if inside.any():
        return int(np.where(inside, end_probability, -1.0).argmax())
    return int(np.flatnonzero(possible)[-1]) if possible.any() else None
