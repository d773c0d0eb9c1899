"""Verdicts on a dataset's files are written down while it is being taken in.

A runner writes only under its own claim, which is checked in the same transaction: of two
runners only one leaves verdicts.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Sum

from training.models import Dataset, DatasetFile, DatasetVersion
from training.services.work import work_report


@transaction.atomic
def ingest_record(*, dataset: Dataset, files: Sequence[DatasetFile], progress: float, message: str) -> None:
    """Write the verdicts on some files, and how far it is.

    Raises:
        WorkSupersededError, WorkCancelledError: see `work_report`; nothing is written then.
    """
    work_report(row=dataset, progress=progress, message=message)
    DatasetFile.objects.bulk_create(files)


def ingest_finish(*, dataset: Dataset, layout: str, report: Mapping[str, Any]) -> DatasetVersion:
    """Write down what the version holds now that all of it is judged.

    Raises:
        WorkSupersededError, WorkCancelledError: see `work_report`.
    """
    # Read first, as long as it takes: the files are this runner's, and the claim is asked for afterwards.
    files = DatasetFile.objects.filter(dataset=dataset).of_version(dataset.version).taken()
    totals = files.aggregate(notes=Sum("note_count", default=0), seconds=Sum("seconds", default=0.0))
    found = {
        "content_hash": content_hash(files.values_list("path", "sha256")),
        "change": _change(dataset),
        "file_count": files.count(),
        "note_count": totals["notes"],
        "seconds": totals["seconds"],
        "report": dict(report),
    }
    with transaction.atomic():
        work_report(row=dataset, layout=layout)
        return DatasetVersion.objects.update_or_create(
            dataset=dataset, number=dataset.version, defaults=found
        )[0]


def content_hash(files: Any) -> str:
    """The hash of a version from the paths and hashes of its files, in whatever order they come."""
    lines = sorted(f"{path}\0{digest}\n" for path, digest in files)
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def _change(dataset: Dataset) -> str:
    if dataset.version == 1:
        return ""
    files = DatasetFile.objects.filter(dataset=dataset).taken()
    added = files.filter(first_version=dataset.version).count()
    dropped = files.filter(last_version=dataset.version - 1).count()
    return ", ".join(
        [f"{added:,} files added"] * bool(added) + [f"{dropped:,} files left out"] * bool(dropped)
    )
