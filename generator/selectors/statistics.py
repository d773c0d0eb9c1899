"""A song's measures, ready to be read, beside those of its training data and of chance."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from generator.models import DatasetStudy, Song
from musicgen.corpus.copy_index import INDEX
from musicgen.corpus.reader import MANIFEST
from musicgen.learning.shipped import run_of
from musicgen.statistics.measures import MEASURES, Measure
from training.models import Checkpoint, Dataset
from training.models.dataset import Verdict

SCALE: Final = 100.0  # units of the little drawing from end to end
STUDIES_FOLDER: Final = Path(__file__).parents[1] / "studies"
FEW_PIECES: Final = 1000  # an index of so many is made in a few seconds
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


@dataclass(frozen=True)
class ShippedStudy:
    """The same of music that networks were shipped of, but which is not on this site.

    Attributes:
        bands, piece_count: as `generator.models.DatasetStudy` has them.
    """

    bands: dict[str, dict[str, list[float] | None]]
    piece_count: int


def dataset_study(song: Song) -> DatasetStudy | ShippedStudy | None:
    """What is usual in the music that the song's network learned from; None until it was measured."""
    checkpoint = song.checkpoint
    if checkpoint is None:
        return None
    if checkpoint.dataset_id is not None:
        return DatasetStudy.objects.filter(dataset=checkpoint.dataset_id).first()
    return _shipped_study(run_of(checkpoint.slug).partition("-")[2]) if checkpoint.run_id is None else None


@lru_cache
def _shipped_study(music: str) -> ShippedStudy | None:
    """Made by `manage.py study`; shipped networks are named after what they learned from: `lstm-piano`."""
    file = STUDIES_FOLDER / f"{music}.json"
    if not music.isalnum() or not file.is_file():
        return None
    return ShippedStudy(**json.loads(file.read_text()))


def index_places(checkpoint: Checkpoint, dataset: Dataset) -> tuple[Path, Path]:
    """What a checkpoint learned from, and the folder of the index that songs are compared with.

    Returns:
        The run's corpus, or the dataset's files where that is gone; and the index, made of either.
    """
    corpus = checkpoint.run.corpus if checkpoint.run is not None else None
    source, name = dataset.files_folder, f"dataset-{dataset.pk}"
    if corpus is not None and (corpus.folder / MANIFEST).is_file():
        source, name = corpus.folder, f"corpus-{corpus.pk}"
    return source, Path(settings.DATA_DIR, "indexes", name)


def is_compared_by_itself(song: Song) -> bool:
    """Whether a new song is compared without being asked: the index is there, or is made in seconds."""
    checkpoint = song.checkpoint
    if checkpoint is None or checkpoint.dataset is None or not song.note_count:
        return False
    _, folder = index_places(checkpoint, checkpoint.dataset)
    taken = checkpoint.dataset.files.filter(verdict=Verdict.TAKEN, last_version__isnull=True)
    return (folder / INDEX).is_file() or 0 < taken.count() <= FEW_PIECES


def statistics_rows(song: Song) -> list[StatisticsRow]:
    """The measures that are defined for this song, in the order in which they are read.

    Other projects' formulas, kept for comparison with their figures only, are left out.
    """
    study = dataset_study(song)
    bands: dict[str, Any] = study.bands if study is not None else {}
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
