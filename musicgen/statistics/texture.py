"""Measures of what sounds together: polyphony, chords and their progression.

Each takes a `NoteTable` with at least one note.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from musicgen.statistics.intervals import Int64Array
from musicgen.statistics.notes import PITCH_CLASSES, NoteTable

# Semitones over the root; sevenths stand before the triads they contain.
CHORD_TEMPLATES: Final = (
    (0, 4, 7, 10),  # dominant seventh
    (0, 4, 7, 11),  # major seventh
    (0, 3, 7, 10),  # minor seventh
    (0, 3, 6, 10),  # half-diminished seventh
    (0, 3, 6, 9),  # diminished seventh
    (0, 4, 7),  # major
    (0, 3, 7),  # minor
    (0, 3, 6),  # diminished
    (0, 4, 8),  # augmented
)
NO_CHORD: Final = -1
PROGRESSION: Final = 3  # chords in one progression


def polyphony(notes: NoteTable) -> float:
    """Share of onset times at which two or more notes start, percent.

    Onsets within `ONSET_TOLERANCE_SECONDS` are one time. Source: C-RNN-GAN, as its paper
    describes it.
    """
    return float(100.0 * np.mean(notes.onset_groups.sizes >= 2))


def published_polyphony(notes: NoteTable) -> float:
    """The same by C-RNN-GAN's own code, which counts notes and onset times together, percent.

    There the first note of an onset time counts as monophonous, each further one as
    polyphonous, and every onset time but the last once more as what it is; so pure two-note
    chords score about 67. No tolerance: onsets are equal ticks.
    """
    sizes = np.unique(notes.starts, return_counts=True)[1]
    closed = sizes[:-1]
    monophonous = len(sizes) + int((closed == 1).sum())
    polyphonous = int((sizes - 1).sum()) + int((closed > 1).sum())
    return 100.0 * polyphonous / (polyphonous + monophonous)


def average_polyphony(notes: NoteTable) -> float:
    """Mean number of pitches sounding while any sounds, ≥ 1. Source: MusPy."""
    lengths, counts = notes.sounding_pitches
    return float((lengths * counts).sum() / lengths[counts > 0].sum())


def polyphony_rate(notes: NoteTable) -> float:
    """Share of the time, from the first onset to the last end, with ≥ 2 pitches, percent.

    Source: MusPy's definition (its code asks for more than 2).
    """
    lengths, counts = notes.sounding_pitches
    return float(100.0 * lengths[counts >= 2].sum() / lengths.sum())


def chord_progression_irregularity(notes: NoteTable) -> float | None:
    """Distinct progressions of three chords ÷ progressions of three chords, percent.

    A chord is named at each onset time from the pitch classes then sounding, where they
    hold a triad or seventh chord (the largest that fits); equal neighbours are one chord.

    Returns:
        0–100, or None with three chords or fewer. Source: CPI of MusDr (Wu & Yang 2020).
    """
    chords = _chord_sequence(notes)
    if len(chords) <= PROGRESSION:
        return None
    kinds = len(CHORD_TEMPLATES) * PITCH_CLASSES
    progressions = (chords[:-2] * kinds + chords[1:-1]) * kinds + chords[2:]
    return 100.0 * len(np.unique(progressions)) / len(progressions)


def _chord_sequence(notes: NoteTable) -> Int64Array:
    times = notes.onset_groups.last_onset_ticks
    masks = np.zeros(len(times), dtype=np.int64)
    classes = notes.pitch_classes
    for pitch_class in range(PITCH_CLASSES):
        chosen = classes == pitch_class
        begun = np.searchsorted(notes.starts[chosen], times, side="right")
        ended = np.searchsorted(np.sort(notes.ends[chosen]), times, side="right")
        masks |= (begun > ended).astype(np.int64) << pitch_class
    named: Int64Array = _chord_names()[masks]
    named = named[named != NO_CHORD]
    changed = np.ones(len(named), dtype=np.bool_)
    changed[1:] = named[1:] != named[:-1]
    return np.asarray(named[changed])


@lru_cache(maxsize=1)
def _chord_names() -> npt.NDArray[np.int64]:
    """int64 (4096,): the chord that a set of pitch classes (as bits) holds, or NO_CHORD."""
    sets = np.arange(1 << PITCH_CLASSES)
    names = np.full(len(sets), NO_CHORD, dtype=np.int64)
    for kind, template in enumerate(CHORD_TEMPLATES):
        for root in range(PITCH_CLASSES):
            needed = sum(1 << ((root + step) % PITCH_CLASSES) for step in template)
            names[(names == NO_CHORD) & (sets & needed == needed)] = kind * PITCH_CLASSES + root
    return names


def longest_repeat(notes: NoteTable) -> float:
    """Longest run of one and the same pitch or chord, struck again and again, in strikes."""
    sets = notes.onset_groups.pitch_sets
    changes = np.flatnonzero((sets[1:] != sets[:-1]).any(axis=1)) + 1
    return float(np.diff(np.concatenate([[0], changes, [len(sets)]])).max())


def commonest_share(notes: NoteTable) -> float:
    """Share of onset times at which the piece's commonest pitch or chord is struck, percent."""
    sets = notes.onset_groups.pitch_sets
    ordered = sets[np.lexsort((sets[:, 0], sets[:, 1]))]
    changes = np.flatnonzero((ordered[1:] != ordered[:-1]).any(axis=1)) + 1
    return float(100.0 * np.diff(np.concatenate([[0], changes, [len(sets)]])).max() / len(sets))
