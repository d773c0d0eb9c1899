"""Measures of time: groove, empty beats and bars, density, note lengths.

Each takes a `NoteTable` with at least one note. Bars are counted from the first with an
onset to the last in which a note sounds.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from musicgen.statistics.intervals import Int64Array, covered
from musicgen.statistics.notes import NoteTable

GROOVE_POSITIONS: Final = 16  # onset positions in a bar
QUALIFIED_PER_QUARTER: Final = 8  # a 32nd note is an eighth of a quarter note


def _onset_positions(notes: NoteTable) -> tuple[Int64Array, int]:
    """Distinct onset positions, 16 to the bar from the first bar on, and the number of bars.

    An onset goes to the nearest position; one just before a bar line is the next bar's first.
    """
    first_bar, after_bar = notes.bar_range
    positions = np.unique(np.rint(notes.start_positions * GROOVE_POSITIONS).astype(np.int64))
    positions -= first_bar * GROOVE_POSITIONS
    return positions, max(after_bar - first_bar, int(positions[-1]) // GROOVE_POSITIONS + 1)


def grooving_similarity(notes: NoteTable) -> float | None:
    """Mean over all pairs of bars of 1 − XOR/16 of their onset patterns, percent.

    Returns:
        0–100, or None with a single bar. Source: GS of MusDr (Wu & Yang 2020), over all
        pairs instead of a random 1,000.
    """
    positions, bars = _onset_positions(notes)
    if bars < 2:
        return None
    # At a position struck in k of B bars, k·(B − k) pairs of bars differ.
    struck = np.bincount(positions % GROOVE_POSITIONS, minlength=GROOVE_POSITIONS)
    differing = sum(int(k) * (bars - int(k)) for k in struck)
    return 100.0 * (1.0 - differing / (GROOVE_POSITIONS * (bars * (bars - 1) // 2)))


def groove_consistency(notes: NoteTable) -> float | None:
    """The same over neighbouring bars only, percent; None with a single bar. Source: MusPy."""
    positions, bars = _onset_positions(notes)
    if bars < 2:
        return None
    in_both = int(np.isin(positions + GROOVE_POSITIONS, positions).sum())
    in_first = int((positions < GROOVE_POSITIONS).sum())
    in_last = int((positions >= (bars - 1) * GROOVE_POSITIONS).sum())
    differing = 2 * len(positions) - in_first - in_last - 2 * in_both
    return 100.0 * (1.0 - differing / (GROOVE_POSITIONS * (bars - 1)))


def empty_beat_rate(notes: NoteTable) -> float:
    """Share of silent beats from the first note's beat to the last's, percent.

    A beat is a quarter note, counted from tick 0. Source: MusPy.
    """
    first = notes.starts // notes.ticks_per_quarter
    after = -(-notes.ends // notes.ticks_per_quarter)
    beats = int(after.max() - first.min())
    return 100.0 * (beats - covered(first, after)) / beats


def empty_bars(notes: NoteTable) -> float:
    """Share of bars in which nothing sounds, percent. Source: EB of MuseGAN (Dong et al. 2018)."""
    first_bar, after_bar = notes.bar_range
    return 100.0 * (1.0 - covered(*notes.bar_spans) / (after_bar - first_bar))


def pitch_classes_per_bar(notes: NoteTable) -> float:
    """Mean number of pitch classes sounding in a bar, 0–12. Source: UPC of MuseGAN."""
    first_bar, after_bar = notes.bar_range
    return covered(*notes.bar_spans, notes.pitch_classes) / (after_bar - first_bar)


def qualified_notes(notes: NoteTable) -> float:
    """Share of notes at least a 32nd note long, percent. Source: QN of MuseGAN."""
    long_enough = (notes.ends - notes.starts) * QUALIFIED_PER_QUARTER >= notes.ticks_per_quarter
    return float(100.0 * long_enough.mean())


def note_density(notes: NoteTable) -> float | None:
    """Notes a second from the first onset to the last end; None if that takes no time.

    Source: MGEval (Yang & Lerch 2018).
    """
    return len(notes) / notes.seconds if notes.seconds > 0 else None
