"""What the runner that takes a dataset in writes of it.

Each write first proves that the row is still this runner's, in the same transaction: of two
runners only one leaves verdicts.
"""

from collections.abc import Sequence

from django.db import transaction

from training.models import Dataset, DatasetFile
from training.services.work import work_report


@transaction.atomic
def ingest_begin(*, dataset: Dataset) -> None:
    """Start the report anew: an earlier attempt may have left a part of it.

    Raises:
        WorkSupersededError, WorkCancelledError: see `work_report`.
    """
    work_report(row=dataset, progress=0.0)
    DatasetFile.objects.filter(dataset=dataset).delete()


@transaction.atomic
def ingest_record(*, dataset: Dataset, files: Sequence[DatasetFile], progress: float, message: str) -> None:
    """Write the verdicts on some files, and how far it is.

    Raises:
        WorkSupersededError, WorkCancelledError: see `work_report`; nothing is written then.
    """
    work_report(row=dataset, progress=progress, message=message)
    DatasetFile.objects.bulk_create(files)
