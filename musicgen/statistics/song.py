"""All measures of one song."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from musicgen.score import Score
from musicgen.statistics import pitch, rhythm, texture
from musicgen.statistics.notes import NoteTable


@dataclass(frozen=True, slots=True)
class SongStatistics:
    """The measures of one song; None where a measure is not defined for it.

    Units, ranges and sources stand in `musicgen.statistics.measures.MEASURES`. Measures of
    pitch leave drum parts out, measures of time and intensity hear them.
    """

    note_count: float | None = None
    duration_seconds: float | None = None
    note_density: float | None = None
    scale_consistency: float | None = None
    pitch_class_entropy: float | None = None
    pitch_class_entropy_1_bar: float | None = None
    pitch_class_entropy_4_bars: float | None = None
    tone_span: float | None = None
    unique_tones: float | None = None
    intensity_span: float | None = None
    polyphony: float | None = None
    average_polyphony: float | None = None
    polyphony_rate: float | None = None
    three_tone_repetitions: float | None = None
    chord_progression_irregularity: float | None = None
    grooving_similarity: float | None = None
    groove_consistency: float | None = None
    empty_beat_rate: float | None = None
    empty_bars: float | None = None
    pitch_classes_per_bar: float | None = None
    qualified_notes: float | None = None
    longest_repeat: float | None = None
    commonest_share: float | None = None
    published_scale_consistency: float | None = None
    published_polyphony: float | None = None
    published_three_tone_repetitions: float | None = None

    def to_json(self) -> dict[str, float | None]:
        """Measures by name, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, float | None]) -> SongStatistics:
        """The statistics that `to_json` wrote; measures it does not know are left out."""
        return cls(**{row.name: data[row.name] for row in fields(cls) if row.name in data})


def song_statistics(score: Score) -> SongStatistics:
    """Measure a song.

    Time and memory follow the number of notes, never how long they last.

    Args:
        score: any piece; without notes every measure but the count is None.
    """
    everything = NoteTable(score, drums=True)
    if not len(everything):
        return SongStatistics(note_count=0.0)
    values: dict[str, float | None] = {**_of_time(everything)}
    has_drums = any(part.is_drum for part in score.parts)
    pitched = NoteTable(score, drums=False) if has_drums else everything
    if len(pitched):
        values |= _of_pitch(pitched)
    # The published code knows no drums: it takes every note for a tone.
    values["published_scale_consistency"] = pitch.published_scale_consistency(everything)
    values["published_polyphony"] = texture.published_polyphony(everything)
    values["published_three_tone_repetitions"] = pitch.published_three_tone_repetitions(score)
    return SongStatistics(**values)


def _of_time(notes: NoteTable) -> dict[str, float | None]:
    return {
        "note_count": float(len(notes)),
        "duration_seconds": notes.seconds,
        "note_density": rhythm.note_density(notes),
        "intensity_span": float(notes.velocities.max() - notes.velocities.min()),
        "grooving_similarity": rhythm.grooving_similarity(notes),
        "groove_consistency": rhythm.groove_consistency(notes),
        "empty_beat_rate": rhythm.empty_beat_rate(notes),
        "empty_bars": rhythm.empty_bars(notes),
        "qualified_notes": rhythm.qualified_notes(notes),
    }


def _of_pitch(notes: NoteTable) -> dict[str, float | None]:
    return {
        "scale_consistency": pitch.scale_consistency(notes),
        "pitch_class_entropy": pitch.pitch_class_entropy(notes),
        "pitch_class_entropy_1_bar": pitch.windowed_entropy(notes, 1),
        "pitch_class_entropy_4_bars": pitch.windowed_entropy(notes, 4),
        "tone_span": pitch.tone_span(notes),
        "unique_tones": pitch.unique_tones(notes),
        "polyphony": texture.polyphony(notes),
        "average_polyphony": texture.average_polyphony(notes),
        "polyphony_rate": texture.polyphony_rate(notes),
        "three_tone_repetitions": pitch.three_tone_repetitions(notes),
        "chord_progression_irregularity": texture.chord_progression_irregularity(notes),
        "pitch_classes_per_bar": rhythm.pitch_classes_per_bar(notes),
        "longest_repeat": texture.longest_repeat(notes),
        "commonest_share": texture.commonest_share(notes),
    }
