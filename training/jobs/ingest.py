"""Takes a dataset in: each of its files is read, judged, and kept if it is new and sound."""

import hashlib
import threading
import time
from collections.abc import Iterator
from typing import Any, Final

from django.utils.translation import gettext as _

from musicgen.corpus import CorpusError
from musicgen.corpus.chorales import write_chorales
from musicgen.corpus.sources import SourceFile, open_source
from musicgen.learning.durable import write_file
from training.jobs.reading import GuardedReader
from training.models import Dataset, DatasetFile, DatasetUpload, Verdict
from training.models.dataset import MAX_PATH
from training.services import WorkFailedError, ingest_begin, ingest_record, work_report, work_run

RECORD_SECONDS: Final = 1.0  # between writes of verdicts and progress
WRITING_SHARE: Final = 0.8  # of the progress of a bundled dataset, whose files are written first


def dataset_ingest(dataset_id: int) -> None:
    """The job: take the dataset in."""
    work_run(Dataset, dataset_id, _ingest)


def _ingest(dataset: Dataset, stop: threading.Event) -> None:
    ingest_begin(dataset=dataset)
    start = 0.0
    if dataset.bundled:
        _write_bundled(dataset)
        start = WRITING_SHARE
    dataset.files_folder.mkdir(parents=True, exist_ok=True)
    with GuardedReader() as reader:
        intake = _Intake(dataset, reader, stop, start)
        if dataset.bundled:
            intake.take_folder()
        else:
            intake.take_uploads(list(dataset.uploads.all()))
        intake.record()
    if not intake.taken:
        raise WorkFailedError(intake.nothing_taken())


def _write_bundled(dataset: Dataset) -> None:
    reported = 0.0

    def report(done: int, total: int) -> None:
        nonlocal reported
        if time.monotonic() - reported >= RECORD_SECONDS:
            reported = time.monotonic()
            work_report(
                row=dataset,
                progress=WRITING_SHARE * done / max(1, total),
                message=_("Writing piece %(done)s of %(total)s as MIDI") % {"done": done, "total": total},
            )

    write_chorales(dataset.uploads_folder, report)


class _Intake:
    """Judges files one after another and writes the verdicts down in batches.

    Attributes:
        taken: how many were taken.
    """

    def __init__(self, dataset: Dataset, reader: GuardedReader, stop: threading.Event, start: float) -> None:
        self.taken = 0
        self._dataset = dataset
        self._reader = reader
        self._stop = stop
        self._progress = self._start = start
        self._batch: list[DatasetFile] = []
        self._count = 0
        self._recorded_at = time.monotonic()
        self._by_sha256: dict[str, str] = {}
        self._by_fingerprint: dict[str, str] = {}
        self._first_reason = ""

    def take_folder(self) -> None:
        """Take the files of the dataset's own folder."""
        with open_source(self._dataset.uploads_folder) as source:
            for number, file in enumerate(source):
                self._take(file, (number + 1) / len(source.names))

    def take_uploads(self, uploads: list[DatasetUpload]) -> None:
        """Take what was uploaded; an archive that cannot be read is one refused file."""
        for number, upload in enumerate(uploads):
            try:
                for file, share in _files_of(upload):
                    self._take(file, (number + share) / len(uploads))
            except (CorpusError, OSError) as error:
                reason = (
                    str(error).replace(upload.stored_name, upload.name).replace(f"{upload.path.parent}/", "")
                )
                self._add(path=upload.name, bytes=upload.bytes, verdict=Verdict.REFUSED, reason=reason)

    def record(self) -> None:
        """Write down the verdicts that wait."""
        ingest_record(
            dataset=self._dataset,
            files=self._batch,
            progress=self._start + (1 - self._start) * self._progress,
            message=_("Read %(count)s files") % {"count": self._count},
        )
        self._batch = []
        self._recorded_at = time.monotonic()

    def nothing_taken(self) -> str:
        """Why there is nothing to learn from, for a person."""
        return f"{_('No file could be taken.')} {self._first_reason}".strip()

    def _take(self, file: SourceFile, progress: float) -> None:
        if self._stop.is_set():
            work_report(row=self._dataset)  # raises what the stop is for
        self._progress = progress
        digest = hashlib.sha256(file.data).hexdigest()
        facts: dict[str, Any] = {"path": file.name, "sha256": digest, "bytes": len(file.data)}
        if digest in self._by_sha256:
            reason = _("The same file as %(other)s.") % {"other": self._by_sha256[digest]}
            self._add(**facts, verdict=Verdict.DUPLICATE, reason=reason)
            return
        self._by_sha256[digest] = file.name
        reading = self._reader.read(file.data)
        if reading.problem:
            self._add(**facts, verdict=Verdict.REFUSED, reason=reading.problem)
            return
        facts |= {
            "fingerprint": reading.fingerprint,
            "note_count": reading.note_count,
            "seconds": reading.seconds,
        }
        if reading.fingerprint in self._by_fingerprint:
            other = self._by_fingerprint[reading.fingerprint]
            reason = _("The same notes as %(other)s, perhaps in another key or tempo.") % {"other": other}
            self._add(**facts, verdict=Verdict.DUPLICATE, reason=reason)
            return
        self._by_fingerprint[reading.fingerprint] = file.name
        write_file(self._dataset.midi_path(digest), file.data)
        repaired = _("Repaired: %(what)s") % {"what": reading.repairs} if reading.repairs else ""
        self._add(**facts, verdict=Verdict.TAKEN, reason=repaired)
        self.taken += 1

    def _add(self, *, path: str, **facts: Any) -> None:
        row = DatasetFile(dataset=self._dataset, position=self._count, path=path[-MAX_PATH:], **facts)
        if row.verdict == Verdict.REFUSED and not self._first_reason:
            self._first_reason = f"{row.path}: {row.reason}"
        self._count += 1
        self._batch.append(row)
        if time.monotonic() - self._recorded_at >= RECORD_SECONDS:
            self.record()


def _files_of(upload: DatasetUpload) -> Iterator[tuple[SourceFile, float]]:
    """The files of an upload, each with the share of it that is read then."""
    with open_source(upload.path) as source:
        for number, file in enumerate(source):
            # A file that is not in an archive is known by the name that its sender gave it.
            name = upload.name if file.name == upload.stored_name else file.name
            yield SourceFile(name, file.data), (number + 1) / len(source.names)
