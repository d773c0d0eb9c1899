"""Measures of which pitches a piece uses: scale, span, entropy, repetition.

Each takes a `NoteTable` with at least one note. Source of the first four: C-RNN-GAN
(Mogren 2016, arXiv:1611.09904, section 4.2) and its published code, whose faults are kept
under names of their own (`published_…`) so that figures can stand beside the paper's.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from musicgen.score import Float64Array, Score
from musicgen.statistics.intervals import Int64Array
from musicgen.statistics.notes import PITCH_CLASSES, NoteTable

SCALES: Final = (
    (0, 2, 4, 5, 7, 9, 11),  # major
    (0, 2, 3, 5, 7, 8, 10),  # natural minor
    (0, 2, 3, 5, 7, 8, 11),  # harmonic minor
)
REPETITION_NOTES: Final = 100  # trigram pairs grow with the square of the length, so it is fixed
TRIGRAM: Final = 3  # notes in a trigram, and the least distance between the two of a pair


def _scale_table(*, wrap: bool) -> Float64Array:
    """float64 (36, 12): 1 where the pitch class belongs to the scale on that tonic."""
    table = np.zeros((PITCH_CLASSES * len(SCALES), PITCH_CLASSES))
    for tonic in range(PITCH_CLASSES):
        for index, scale in enumerate(SCALES):
            degrees = [tonic + degree for degree in scale]
            inside = (
                [d % PITCH_CLASSES for d in degrees] if wrap else [d for d in degrees if d < PITCH_CLASSES]
            )
            table[tonic * len(SCALES) + index, inside] = 1.0
    return table


_SCALE_TABLE: Final = _scale_table(wrap=True)
_UNWRAPPED_SCALE_TABLE: Final = _scale_table(wrap=False)


def _pitch_class_counts(notes: NoteTable) -> Int64Array:
    return np.bincount(notes.pitch_classes, minlength=PITCH_CLASSES)


def scale_consistency(notes: NoteTable) -> float:
    """Largest share of notes in one of 36 scales (12 tonics × major, two minors), percent."""
    return float(100.0 * (_SCALE_TABLE @ _pitch_class_counts(notes)).max() / len(notes))


def published_scale_consistency(notes: NoteTable) -> float:
    """The same by C-RNN-GAN's own code, whose scales end at the octave's B, percent.

    A scale on G there holds only the tones from G up to B, so that a pure G major scale
    scores 85.7.
    """
    return float(100.0 * (_UNWRAPPED_SCALE_TABLE @ _pitch_class_counts(notes)).max() / len(notes))


def tone_span(notes: NoteTable) -> float:
    """Highest minus lowest pitch, semitones."""
    return float(notes.pitches.max() - notes.pitches.min())


def unique_tones(notes: NoteTable) -> float:
    """Number of distinct pitches."""
    return float(len(np.unique(notes.pitches)))


def three_tone_repetitions(notes: NoteTable) -> float | None:
    """Pairs of equal pitch trigrams at distance ≥ 3 among the first 100 notes in time.

    Returns:
        The number of pairs; None with fewer than six notes, where no pair exists.
    """
    codes = _trigrams(notes.pitches[:REPETITION_NOTES])
    if len(codes) <= TRIGRAM:
        return None
    return float(np.triu(codes[:, None] == codes[None, :], k=TRIGRAM).sum())


def published_three_tone_repetitions(score: Score) -> float:
    """The same by C-RNN-GAN's own code, on the first 100 notes.

    It takes tracks one after the other instead of notes in time, drums too, never looks
    at the last trigram of a piece, and counts nothing below eight notes.
    """
    per_part = [part.notes.pitch.astype(np.int64) for part in score.parts]
    tones = np.concatenate(per_part)[:REPETITION_NOTES] if per_part else np.zeros(0, np.int64)
    if len(tones) < 2 * TRIGRAM + 2:
        return 0.0
    codes = _trigrams(tones)
    # Its loops end at trigram n − 7 for the first of a pair and n − 4 for the second.
    firsts, seconds = codes[: len(tones) - 2 * TRIGRAM], codes[: len(tones) - TRIGRAM]
    return float(np.triu(firsts[:, None] == seconds[None, :], k=TRIGRAM).sum())


def _trigrams(pitches: Int64Array) -> Int64Array:
    if len(pitches) < TRIGRAM:
        return np.zeros(0, np.int64)
    return pitches[:-2] * 128 * 128 + pitches[1:-1] * 128 + pitches[2:]


def pitch_class_entropy(notes: NoteTable) -> float:
    """Entropy of the pitch classes, bits, 0 to log₂ 12 = 3.585. Source: MusPy."""
    return float(_entropies(_pitch_class_counts(notes)[None, :])[0])


def windowed_entropy(notes: NoteTable, window_bars: int) -> float:
    """Pitch-class entropy over every window of so many bars, averaged, bits.

    Windows start at each bar, those without an onset are skipped, and a piece shorter than
    the window is one window. Source: H of MusDr (Wu & Yang 2020, arXiv:2008.01307).
    """
    first_bar, after_bar = notes.bar_range
    window = min(window_bars, after_bar - first_bar)
    last_window = after_bar - first_bar - window
    bars = notes.bar_spans[0] - first_bar
    windows = bars[:, None] - np.arange(window)[None, :]
    classes = np.broadcast_to(notes.pitch_classes[:, None], windows.shape)
    valid = (windows >= 0) & (windows <= last_window)
    used, inverse = np.unique(windows[valid], return_inverse=True)
    counts = np.bincount(inverse * PITCH_CLASSES + classes[valid], minlength=len(used) * PITCH_CLASSES)
    return float(_entropies(counts.reshape(-1, PITCH_CLASSES)).mean())


def _entropies(counts: Int64Array) -> Float64Array:
    """Entropy of each row of counts (rows, classes) in bits; no row may be all zero."""
    shares = counts / counts.sum(axis=1, keepdims=True)
    logs = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    return np.asarray(np.maximum(0.0, -(shares * logs).sum(axis=1)))
