"""Datasets come to be, are corrected, and go."""

import contextlib
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from musicgen.corpus.sources import MIDI_SUFFIXES
from training import shared
from training.models import (
    Dataset,
    DatasetFile,
    DatasetUpload,
    Licence,
    Upload,
    Verdict,
    Visibility,
    WorkState,
)
from training.models.dataset import MAX_PATH
from training.services.work import work_enqueue, work_request_cancel, work_requeue

CHORALES: Final = "chorales"  # the bundled dataset of Bach's chorales
ARCHIVE_SUFFIXES: Final = frozenset({".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz"})
UPLOAD_SUFFIXES: Final = MIDI_SUFFIXES | ARCHIVE_SUFFIXES


BROKEN_UPLOAD_SECONDS: Final = 24 * 3600  # no byte for so long: nobody is sending it any more


class DatasetInUseError(Exception):
    """The dataset cannot be deleted; the message says what holds it."""


def dataset_create(
    *,
    owner: User,
    name: str,
    licence: str,
    licence_note: str,
    source: str,
    visibility: str = Visibility.PUBLIC,
    files: Sequence[TemporaryUploadedFile] = (),
    received: Sequence[Upload] = (),
) -> Dataset:
    """Keep uploaded files as a dataset and have them taken in.

    When it returns, every byte is on the disk and every row is committed.

    Args:
        files: as `training.uploads.ReceivingHandler` received them, with their SHA-256.
        received: piece by piece, and whole.
    """
    _forget_broken_uploads()
    _flush(files)
    dataset: Dataset | None = None
    try:
        with transaction.atomic():
            dataset = Dataset.objects.create(
                owner=owner,
                name=name,
                licence=licence,
                licence_note=licence_note,
                source=source,
                visibility=visibility,
            )
            dataset.uploads_folder.mkdir(parents=True)
            keep_files(dataset, [*files, *received])
            work_enqueue(row=dataset)
    except BaseException:
        if dataset is not None:
            shutil.rmtree(dataset.folder, ignore_errors=True)
        raise
    return dataset


def keep_files(dataset: Dataset, files: Sequence[TemporaryUploadedFile | Upload]) -> None:
    """Move received files to the dataset, and make that last. Inside a transaction."""
    first = dataset.uploads.count()
    dataset.uploads_folder.mkdir(parents=True, exist_ok=True)
    for number, file in enumerate(files, start=first):
        _keep(dataset, number, file)
    for folder in (dataset.uploads_folder, dataset.folder, dataset.folder.parent):
        _sync_folder(folder)
    shared.share_many(upload.path for upload in dataset.uploads.all()[first:])


def _keep(dataset: Dataset, number: int, file: TemporaryUploadedFile | Upload) -> None:
    """Move a received file to its place; its name there owes nothing to its sender but a known ending.

    The name it had stays beside the new one until the row is committed, so that a transaction
    that comes to nothing loses no byte.
    """
    name = str(file.name)
    upload = DatasetUpload(
        dataset=dataset,
        name=name[-MAX_PATH:],
        stored_name=f"{number:05d}{known_suffix(name)}",
        bytes=file.bytes if isinstance(file, Upload) else file.size or 0,
        sha256=file.sha256,  # type: ignore[union-attr]
        version=dataset.version,
    )
    if isinstance(file, Upload):
        upload.path.unlink(missing_ok=True)  # of an attempt that came to nothing
        os.link(file.path, upload.path)
        received = file.path
        file.delete()
        transaction.on_commit(lambda: received.unlink(missing_ok=True))
    else:
        Path(file.temporary_file_path()).rename(upload.path)
    upload.save()


def _flush(files: Sequence[TemporaryUploadedFile]) -> None:
    """Bring received files to the disk: before a transaction, as long as that takes nobody else can write."""
    for file in files:
        with Path(file.temporary_file_path()).open("rb") as written:
            os.fsync(written.fileno())


def known_suffix(name: str) -> str:
    """The ending by which a dataset may be made of this file, or "" if it may not."""
    suffix = Path(name).suffix.lower()
    return suffix if suffix in UPLOAD_SUFFIXES else ""


def _forget_broken_uploads() -> None:
    """Remove what a web server that was killed in the middle of receiving left behind."""
    long_ago = time.time() - BROKEN_UPLOAD_SECONDS
    for received in Path(settings.FILE_UPLOAD_TEMP_DIR).glob("*.upload*"):
        with contextlib.suppress(FileNotFoundError):
            if received.stat().st_mtime < long_ago:
                received.unlink()


def _sync_folder(folder: Path) -> None:
    # A rename is only on the disk once the folder that holds the name is.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@transaction.atomic
def dataset_import_folder(
    *, owner: User | None, name: str, licence: str, source: str, visibility: str, folder: Path
) -> Dataset:
    """Make a dataset of a folder or archive that lies on this server; it is read where it lies.

    Args:
        folder: its absolute path.
    """
    dataset = Dataset.objects.create(
        owner=owner, name=name, licence=licence, source=source, visibility=visibility
    )
    DatasetUpload.objects.create(
        dataset=dataset, name=folder.name, stored_name=folder.name[:80], bytes=0, place=str(folder)
    )
    work_enqueue(row=dataset)
    return dataset


@transaction.atomic
def demo_dataset_ensure() -> Dataset:
    """The dataset that is there from the beginning; its files are written and taken in by a worker."""
    dataset, is_new = Dataset.objects.get_or_create(
        bundled=CHORALES,
        defaults={
            "name": "Bach chorales",
            "licence": Licence.PUBLIC_DOMAIN,
            "licence_note": (
                "Johann Sebastian Bach (1685–1750): the music is in the public domain. The encodings come "
                "with music21, whose notes on its corpus allow their use."
            ),
            "source": "The four-part chorales in the corpus of music21, written out as MIDI on this machine.",
        },
    )
    if is_new:
        work_enqueue(row=dataset)
    return dataset


@transaction.atomic
def dataset_edit(
    *, dataset: Dataset, name: str, licence: str, licence_note: str, source: str, visibility: str
) -> None:
    """Correct what is said about a dataset; its files stay."""
    Dataset.objects.filter(pk=dataset.pk).update(
        name=name, licence=licence, licence_note=licence_note, source=source, visibility=visibility
    )
    dataset.refresh_from_db()


def dataset_cancel(*, dataset: Dataset) -> None:
    """Stop taking it in; what was read so far stays in the report."""
    work_request_cancel(row=dataset)


def dataset_retry(*, dataset: Dataset) -> bool:
    """Go on taking it in; from the start of this version if it failed. Returns whether it was ended."""
    with transaction.atomic():
        if dataset.state == WorkState.FAILED:
            DatasetFile.objects.filter(dataset=dataset, first_version=dataset.version).delete()
        return work_requeue(row=dataset, progress=0.0)


def dataset_add_files(
    *, dataset: Dataset, files: Sequence[TemporaryUploadedFile] = (), received: Sequence[Upload] = ()
) -> None:
    """Take more files in; they make a new version, and the older ones stay as they are.

    Raises:
        DatasetInUseError: it is being taken in.
    """
    _flush(files)
    with transaction.atomic():
        held = _next_version(dataset)
        keep_files(held, [*files, *received])
        work_requeue(row=held, progress=0.0)
    dataset.refresh_from_db()


@transaction.atomic
def dataset_drop_files(*, dataset: Dataset, positions: Sequence[int]) -> int:
    """Leave files out from now on: a new version without them. Returns how many there were.

    Raises:
        DatasetInUseError: it is being taken in, or nothing would be left.
    """
    held = _next_version(dataset)
    here = DatasetFile.objects.filter(dataset=held, last_version__isnull=True)
    dropped = here.filter(position__in=positions)
    if not here.filter(verdict=Verdict.TAKEN).exclude(position__in=positions).exists():
        raise DatasetInUseError(_("Nothing would be left to learn from. Delete the dataset instead."))
    count = dropped.update(last_version=held.version - 1)
    work_requeue(row=held, progress=0.0)
    dataset.refresh_from_db()
    return count


def _next_version(dataset: Dataset) -> Dataset:
    """The dataset, held, with the number of the version to come."""
    held = Dataset.objects.select_for_update().get(pk=dataset.pk)
    if held.is_active:
        raise DatasetInUseError(_("It is being taken in. Wait until that is done, or cancel it."))
    if held.versions.filter(number=held.version).exists():
        held.version += 1
        held.save(update_fields=["version"])
    return held


def dataset_delete(*, dataset: Dataset) -> None:
    """Delete a dataset with its files, for good.

    Raises:
        DatasetInUseError: it is being taken in, or runs learned from it.
    """
    with transaction.atomic():
        held = Dataset.objects.select_for_update().get(pk=dataset.pk)
        if held.is_active:
            raise DatasetInUseError(_("It is being taken in. Cancel that first, then delete it."))
        runs = held.runs.count()
        if runs:
            raise DatasetInUseError(
                _(
                    "%(count)s runs learned from it, and their checkpoints name it as their source. "
                    "It stays as long as they do."
                )
                % {"count": runs}
            )
        folders = [held.folder, *(corpus.folder for corpus in held.corpora.all())]
        held.delete()
    for folder in folders:
        shared.forget(folder)
