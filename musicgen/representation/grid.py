"""A score on the chord representation's time grid: events of pitches struck together.

Also the two figures that stand for a whole score at the front of its tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from musicgen.representation.chord_tokens import GRID_PER_QUARTER, NEAREST_STEP, TIME_STEPS, VELOCITIES
from musicgen.representation.errors import RepresentationError
from musicgen.score import DEFAULT_METER, DEFAULT_TEMPO_BPM, Notes, Score

_STEPS = np.array(TIME_STEPS)


@dataclass(frozen=True, slots=True)
class GridEvents:
    """The events of a score in order; lists of equal length, one entry an event.

    Attributes:
        onsets: grid ticks from the beginning, strictly ascending.
        silent_from: the grid tick from which nothing sounds any more before the event; its own
            onset if something does, 0 before the first.
        velocities: index into VELOCITIES of the loudest note.
        pitches: the distinct pitches in pitch steps, ascending, one byte each.
        durations: index into TIME_STEPS, one byte a pitch.
    """

    onsets: list[int]
    silent_from: list[int]
    velocities: list[int]
    pitches: list[bytes]
    durations: list[bytes]


def grid_events(score: Score, steps_per_semitone: int = 1) -> GridEvents:
    """The pitched notes of a score as events.

    Args:
        score: with or without cents.
        steps_per_semitone: 1 for MIDI's pitches, cents left out; 2 for quarter tones, which
            take the cents to the nearest.

    Raises:
        RepresentationError: no note but drums.
    """
    notes = score.all_notes(drums=False)
    if not len(notes):
        raise RepresentationError(
            "There are no notes but drums in this score, and this representation leaves drums out."
        )
    starts = _to_grid(notes.start_ticks, score.ticks_per_quarter)
    # Ends are rounded, not lengths, so that a note that lasts until the next one still does.
    ends = _to_grid(notes.end_ticks.astype(np.int64), score.ticks_per_quarter)
    lengths = np.clip(ends - starts, 1, TIME_STEPS[-1])
    pitches = pitch_steps(notes, steps_per_semitone)
    order = np.lexsort((-lengths, pitches, starts))
    starts, lengths, pitches = starts[order], lengths[order], pitches[order]
    loudness = notes.velocity[order]

    first_of_event = np.flatnonzero(np.diff(starts, prepend=-1))
    levels = np.array(VELOCITIES)
    loudest = np.maximum.reduceat(loudness, first_of_event)
    velocities = np.abs(loudest[:, None] - levels[None, :]).argmin(axis=1)

    # Unisons: of equal pitches struck together the first, which is the longest, stays.
    kept = np.flatnonzero((np.diff(starts, prepend=-1) != 0) | (np.diff(pitches, prepend=-1) != 0))
    starts, steps = starts[kept], NEAREST_STEP[lengths[kept]]
    bounds = np.append(np.flatnonzero(np.diff(starts, prepend=-1)), len(starts))
    onsets = starts[bounds[:-1]]
    sounding_until = np.maximum.accumulate(np.maximum.reduceat(starts + _STEPS[steps], bounds[:-1]))
    silent_from = np.minimum(np.append(0, sounding_until[:-1]), onsets)

    pitch_bytes = pitches[kept].astype(np.uint8).tobytes()
    step_bytes = steps.astype(np.uint8).tobytes()
    edges = bounds.tolist()
    spans = list(pairwise(edges))
    return GridEvents(
        onsets=onsets.tolist(),
        silent_from=silent_from.tolist(),
        velocities=velocities.tolist(),
        pitches=[pitch_bytes[low:high] for low, high in spans],
        durations=[step_bytes[low:high] for low, high in spans],
    )


def pitch_steps(notes: Notes, steps_per_semitone: int) -> npt.NDArray[np.int64]:
    """int64 (n,): the nearest pitch step of each note, halves upward."""
    if steps_per_semitone == 1:
        return notes.pitch.astype(np.int64)
    steps = np.floor(steps_per_semitone * (notes.pitch + notes.cents.astype(np.float64) / 100) + 0.5)
    return np.clip(steps, 0, 128 * steps_per_semitone - 1).astype(np.int64)


def _to_grid(ticks: npt.NDArray[np.integer], ticks_per_quarter: int) -> npt.NDArray[np.int64]:
    """The nearest grid tick, halves upward."""
    doubled = 2 * GRID_PER_QUARTER * ticks.astype(np.int64) + ticks_per_quarter
    return np.asarray(doubled // (2 * ticks_per_quarter))


def mean_tempo_bpm(score: Score) -> float:
    """Quarter notes a minute that give the score its duration; 120 for an empty one."""
    minutes = score.duration_seconds / 60.0
    return score.end_ticks / score.ticks_per_quarter / minutes if minutes else DEFAULT_TEMPO_BPM


def main_meter(score: Score) -> tuple[int, int]:
    """Numerator and denominator of the meter that holds longest; 4/4 where none is given."""
    changes = [(0, DEFAULT_METER)]
    changes += [(t.start_ticks, (t.numerator, t.denominator)) for t in score.time_signatures]
    ends = [start for start, _ in changes[1:]] + [score.end_ticks]
    held: dict[tuple[int, int], int] = {}
    for (start, meter), end in zip(changes, ends, strict=True):
        held[meter] = held.get(meter, 0) + max(min(end, score.end_ticks) - start, 0)
    return max(held, key=lambda meter: held[meter])
