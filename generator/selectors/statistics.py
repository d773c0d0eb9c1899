"""A song's measures, ready to be read, beside those of its training data and of chance."""

from dataclasses import dataclass
from typing import Final

from generator.models import DatasetStudy, Song
from musicgen.statistics.measures import MEASURES, Measure

SCALE: Final = 100.0  # units of the little drawing from end to end
_AIR: Final = 0.06  # of the drawing, left free on both sides


@dataclass(frozen=True)
class Band:
    """Where most pieces lie: from the 5th to the 95th percentile.

    Attributes:
        words: its two ends, formatted.
        left, width: in the drawing, 0 to `SCALE`.
    """

    words: str
    left: float
    width: float


@dataclass(frozen=True)
class StatisticsRow:
    """One measure of a song.

    Attributes:
        label, unit, description: what is measured.
        value: formatted with as many digits as are worth showing.
        at: where the value stands in the drawing; None without anything to compare with.
        data, chance: the bands of the training data and of random notes; None where unknown.
        is_usual: whether the value lies in the band of the training data.
    """

    label: str
    unit: str
    description: str
    value: str
    at: float | None = None
    data: Band | None = None
    chance: Band | None = None
    is_usual: bool | None = None


def dataset_study(song: Song) -> DatasetStudy | None:
    """What is usual in the dataset that the song's network learned from; None until it was measured."""
    if song.checkpoint is None or song.checkpoint.dataset_id is None:
        return None
    return DatasetStudy.objects.filter(dataset=song.checkpoint.dataset_id).first()


def statistics_rows(song: Song) -> list[StatisticsRow]:
    """The measures that are defined for this song, in the order in which they are read.

    Other projects' formulas, kept for comparison with their figures only, are left out.
    """
    study = dataset_study(song)
    bands = study.bands if study is not None else {}
    return [
        _row(measure, float(song.statistics[measure.name]), bands.get(measure.name) or {})
        for measure in MEASURES
        if not measure.published and song.statistics.get(measure.name) is not None
    ]


def _row(measure: Measure, value: float, bands: dict[str, list[float] | None]) -> StatisticsRow:
    said = f"{value:,.{measure.decimals}f}"
    data, chance = bands.get("data"), bands.get("chance")
    if not data:
        return StatisticsRow(measure.label, measure.unit, measure.description, said)
    ends = [value, *data, *(chance or [])]
    low, high = min(ends), max(ends)
    room = (high - low) * _AIR or 1.0
    low, high = low - room, high + room

    def place(of: float) -> float:
        return round((of - low) / (high - low) * SCALE, 2)

    def band(pair: list[float]) -> Band:
        words = f"{pair[0]:,.{measure.decimals}f} – {pair[1]:,.{measure.decimals}f}"
        return Band(words, place(pair[0]), max(1.0, round(place(pair[1]) - place(pair[0]), 2)))

    return StatisticsRow(
        label=measure.label,
        unit=measure.unit,
        description=measure.description,
        value=said,
        at=place(value),
        data=band(data),
        chance=band(chance) if chance else None,
        is_usual=data[0] <= value <= data[1],
    )
