"""What each measure is called, its unit, its range and where it comes from.

The one table from which pages, reports and plots take their words. The order is the order
in which the measures are shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of a piece of music.

    Attributes:
        name: the field of `SongStatistics`.
        label: for people, without unit.
        unit: "%", "bits", "notes" …; empty for a plain number.
        decimals: how many digits after the point are worth showing.
        description: what it says, in one sentence.
        source: who defined it.
        minimum: the least value it can have.
        maximum: the largest value it can have, or None where nothing bounds it.
        published: whether it is another project's formula kept with its faults, for
            comparison with that project's figures only.
    """

    name: str
    label: str
    unit: str
    decimals: int
    description: str
    source: str
    minimum: float = 0.0
    maximum: float | None = None
    published: bool = False


_CRNN_GAN: Final = "C-RNN-GAN (Mogren 2016)"
_CRNN_GAN_CODE: Final = "C-RNN-GAN, its published code"
_MUSDR: Final = "MusDr (Wu & Yang 2020)"
_MUSPY: Final = "MusPy (Dong et al. 2020)"
_MUSEGAN: Final = "MuseGAN (Dong et al. 2018)"
_OURS: Final = "this project"
_LOG2_12: Final = 3.584962500721156  # bits: all twelve pitch classes equally often

MEASURES: Final[tuple[Measure, ...]] = (
    Measure("note_count", "Notes", "notes", 0, "Number of notes, drums included.", _OURS),
    Measure("duration_seconds", "Length", "s", 1, "From the first onset to the end of the last note.", _OURS),
    Measure(
        "note_density",
        "Note density",
        "notes/s",
        2,
        "Notes a second, drums included.",
        "MGEval (Yang & Lerch 2018)",
    ),
    Measure(
        "scale_consistency",
        "Scale consistency",
        "%",
        1,
        "Largest share of notes that fit one major or minor scale; chance is about 65 %.",
        _CRNN_GAN,
        maximum=100.0,
    ),
    Measure(
        "pitch_class_entropy",
        "Pitch-class entropy",
        "bits",
        2,
        "How evenly the twelve pitch classes are used.",
        _MUSPY,
        maximum=_LOG2_12,
    ),
    Measure(
        "pitch_class_entropy_1_bar",
        "Pitch-class entropy, 1 bar",
        "bits",
        2,
        "The same within one bar, averaged over the bars.",
        _MUSDR,
        maximum=_LOG2_12,
    ),
    Measure(
        "pitch_class_entropy_4_bars",
        "Pitch-class entropy, 4 bars",
        "bits",
        2,
        "The same within four bars, averaged over all windows.",
        _MUSDR,
        maximum=_LOG2_12,
    ),
    Measure(
        "tone_span",
        "Tone span",
        "semitones",
        0,
        "From the lowest to the highest pitch.",
        _CRNN_GAN,
        maximum=127.0,
    ),
    Measure(
        "unique_tones",
        "Unique tones",
        "pitches",
        0,
        "Number of distinct pitches.",
        _CRNN_GAN,
        1.0,
        maximum=128.0,
    ),
    Measure(
        "intensity_span",
        "Intensity span",
        "velocity",
        0,
        "From the softest to the loudest note.",
        _CRNN_GAN,
        maximum=126.0,
    ),
    Measure(
        "polyphony",
        "Polyphony",
        "%",
        1,
        "Share of onset times (within 30 ms) at which two or more notes start.",
        _CRNN_GAN,
        maximum=100.0,
    ),
    Measure(
        "average_polyphony",
        "Average polyphony",
        "pitches",
        2,
        "Mean number of pitches sounding while any sounds.",
        _MUSPY,
        1.0,
        maximum=128.0,
    ),
    Measure(
        "polyphony_rate",
        "Polyphony rate",
        "%",
        1,
        "Share of the time in which two or more pitches sound.",
        _MUSPY,
        maximum=100.0,
    ),
    Measure(
        "three_tone_repetitions",
        "3-tone repetitions",
        "pairs",
        0,
        "Pairs of equal three-note sequences among the first 100 notes.",
        _CRNN_GAN,
    ),
    Measure(
        "chord_progression_irregularity",
        "Chord progression irregularity",
        "%",
        1,
        "Share of three-chord progressions that are new when they come.",
        _MUSDR,
        maximum=100.0,
    ),
    Measure(
        "grooving_similarity",
        "Grooving similarity",
        "%",
        1,
        "How alike the rhythms of any two bars are.",
        _MUSDR,
        maximum=100.0,
    ),
    Measure(
        "groove_consistency",
        "Groove consistency",
        "%",
        1,
        "How alike the rhythms of neighbouring bars are.",
        _MUSPY,
        maximum=100.0,
    ),
    Measure(
        "empty_beat_rate",
        "Empty beats",
        "%",
        1,
        "Share of beats in which nothing sounds.",
        _MUSPY,
        maximum=100.0,
    ),
    Measure(
        "empty_bars", "Empty bars", "%", 1, "Share of bars in which nothing sounds.", _MUSEGAN, maximum=100.0
    ),
    Measure(
        "pitch_classes_per_bar",
        "Pitch classes a bar",
        "",
        2,
        "Mean number of pitch classes sounding in a bar.",
        _MUSEGAN,
        maximum=12.0,
    ),
    Measure(
        "qualified_notes",
        "Qualified notes",
        "%",
        1,
        "Share of notes at least a 32nd note long.",
        _MUSEGAN,
        maximum=100.0,
    ),
    Measure(
        "longest_repeat",
        "Longest repeat",
        "strikes",
        0,
        "Longest run of one pitch or chord struck again and again.",
        _OURS,
        1.0,
    ),
    Measure(
        "commonest_share",
        "Commonest chord's share",
        "%",
        1,
        "Share of onset times taken by the commonest pitch or chord.",
        _OURS,
        maximum=100.0,
    ),
    Measure(
        "published_scale_consistency",
        "Scale consistency (C-RNN-GAN's code)",
        "%",
        1,
        "Their exact formula, whose scales do not wrap at the octave.",
        _CRNN_GAN_CODE,
        maximum=100.0,
        published=True,
    ),
    Measure(
        "published_polyphony",
        "Polyphony (C-RNN-GAN's code)",
        "%",
        1,
        "Their exact formula, which counts notes and onset times together.",
        _CRNN_GAN_CODE,
        maximum=100.0,
        published=True,
    ),
    Measure(
        "published_three_tone_repetitions",
        "3-tone repetitions (C-RNN-GAN's code)",
        "pairs",
        0,
        "Their exact formula on the first 100 notes, taking tracks one after the other.",
        _CRNN_GAN_CODE,
        published=True,
    ),
)


def measure(name: str) -> Measure:
    """The row of one measure.

    Raises:
        KeyError: no measure has that name.
    """
    for row in MEASURES:
        if row.name == name:
            return row
    raise KeyError(name)
