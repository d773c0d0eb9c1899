"""Songs are compared with what their networks learned from."""

from typing import Any

from django.db import transaction

from generator.models import DatasetStudy, Song, SongReport
from training.models import Dataset
from training.services import work_enqueue, work_requeue


@transaction.atomic
def song_report_ask(*, song: Song) -> SongReport | None:
    """Have the song compared; asked again, only what failed is done again.

    Returns:
        The report, done or on its way; None where it is not known what the network learned from.
    """
    if song.checkpoint is None or song.checkpoint.dataset is None or not song.midi_path:
        return None
    report, is_new = SongReport.objects.get_or_create(song=song)
    if is_new:
        work_enqueue(row=report)
    else:
        work_requeue(row=report)
    return report


def dataset_study_keep(*, dataset: Dataset, bands: dict[str, Any], piece_count: int) -> DatasetStudy:
    """Keep what is usual in a dataset."""
    study, _ = DatasetStudy.objects.update_or_create(
        dataset=dataset, defaults={"bands": bands, "piece_count": piece_count}
    )
    return study
