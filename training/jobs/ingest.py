"""Takes a dataset in: each of its files is read, judged, and kept if it is new and sound.

What is judged is written down about every second. A job that was killed goes on after the last
file that was: the same uploads give the same files in the same order.
"""

import hashlib
import threading
import time
from collections.abc import Iterator
from typing import Any, Final

from django.utils.translation import gettext as _

from musicgen.corpus import CorpusError
from musicgen.corpus.chorales import write_chorales
from musicgen.corpus.examining import Examined
from musicgen.corpus.layouts import Origin, origins_of
from musicgen.corpus.sources import LARGE_ARCHIVE_LIMITS, SourceFile, open_source
from musicgen.learning.durable import write_file
from training import shared
from training.jobs.dataset_report import report_on
from training.jobs.reading import GuardedReader
from training.models import Dataset, DatasetFile, DatasetUpload, Verdict
from training.models.dataset import MAX_PATH, MAX_WORDS
from training.services import WorkFailedError, ingest_finish, ingest_record, work_report, work_run

RECORD_SECONDS: Final = 1.0  # between writes of verdicts and progress
WRITING_SHARE: Final = 0.8  # of the progress of a bundled dataset, whose files are written first
PLAIN: Final = "plain"


def dataset_ingest(dataset_id: int) -> None:
    """The job: take the dataset in."""
    work_run(Dataset, dataset_id, _ingest)


def _ingest(dataset: Dataset, stop: threading.Event) -> None:
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
            intake.take_uploads(list(dataset.uploads.filter(version=dataset.version)))
        intake.record()
    here = DatasetFile.objects.filter(dataset=dataset).of_version(dataset.version)
    if not here.taken().exists():
        refused = here.filter(verdict=Verdict.REFUSED).first()
        why = f" {refused.path}: {refused.reason}" if refused else ""
        raise WorkFailedError(f"{_('No file could be taken.')}{why}")
    work_report(row=dataset, message=_("Writing the report"))
    layout = intake.layout or dataset.layout or PLAIN
    ingest_finish(dataset=dataset, layout=layout, report=report_on(dataset, layout))


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
        layout: which published dataset the files are laid out as; empty before that is known.
    """

    def __init__(self, dataset: Dataset, reader: GuardedReader, stop: threading.Event, start: float) -> None:
        self.layout = ""
        self._dataset = dataset
        self._reader = reader
        self._stop = stop
        self._progress = self._start = start
        self._batch: list[DatasetFile] = []
        files = DatasetFile.objects.filter(dataset=dataset)
        self._count = files.count()
        mine = files.filter(first_version=dataset.version)
        # What an earlier attempt judged is not judged again.
        self._known = set(mine.values_list("upload_id", "path"))
        taken = files.of_version(dataset.version).taken()
        self._by_sha256 = dict(taken.values_list("sha256", "path"))
        self._by_fingerprint = dict(taken.values_list("fingerprint", "path"))
        self._judged = 0
        self._progress_at_first = 0.0
        self._begun_at = self._recorded_at = time.monotonic()

    def take_folder(self) -> None:
        """Take the files of the dataset's own folder."""
        with open_source(self._dataset.uploads_folder) as source:
            origins = origins_of(source)
            self.layout = origins.layout
            for number, file in enumerate(source):
                self._take(file, None, origins.by_name[file.name], (number + 1) / len(source.names))

    def take_uploads(self, uploads: list[DatasetUpload]) -> None:
        """Take what was uploaded; an archive that cannot be read is one refused file."""
        for number, upload in enumerate(uploads):
            try:
                for file, origin, share in self._files_of(upload):
                    self._take(file, upload, origin, (number + share) / len(uploads))
            except (CorpusError, OSError) as error:
                reason = str(error).replace(upload.stored_name, upload.name)
                reason = reason.replace(f"{upload.path.parent}/", "")
                if (upload.pk, upload.name[-MAX_PATH:]) not in self._known:
                    self._add(upload, upload.name, bytes=upload.bytes, verdict=Verdict.REFUSED, reason=reason)

    def _files_of(self, upload: DatasetUpload) -> Iterator[tuple[SourceFile, Origin, float]]:
        """The files of an upload, each with what its dataset says and the share that is read then."""
        shared.fetch(upload.path)
        with open_source(upload.path, LARGE_ARCHIVE_LIMITS) as source:
            origins = origins_of(source)
            if not self.layout or self.layout == PLAIN:
                self.layout = origins.layout
            for number, file in enumerate(source):
                # A file that is not in an archive is known by the name that its sender gave it.
                is_single = file.name == upload.stored_name
                origin = Origin(title=upload.name.rpartition(".")[0]) if is_single else None
                name = upload.name if is_single else file.name
                yield (
                    SourceFile(name, file.data),
                    origin or origins.by_name[file.name],
                    (number + 1) / len(source.names),
                )

    def record(self) -> None:
        """Write down the verdicts that wait."""
        ingest_record(
            dataset=self._dataset,
            files=self._batch,
            progress=self._start + (1 - self._start) * self._progress,
            message=self._message(),
        )
        self._batch = []
        self._recorded_at = time.monotonic()

    def _message(self) -> str:
        count = _("Read %(count)s files") % {"count": f"{self._count:,}"}
        seconds = time.monotonic() - self._begun_at
        if not self._judged or seconds < 2 * RECORD_SECONDS:
            return count
        rate = _("%(rate)s a second") % {"rate": f"{self._judged / seconds:.0f}"}
        done = (self._progress - self._progress_at_first) / (1 - self._progress_at_first or 1)
        left = _in_words(seconds * (1 - done) / done) if done > 0 else ""
        return f"{count}, {rate}{left}"

    def _take(self, file: SourceFile, upload: DatasetUpload | None, origin: Origin, progress: float) -> None:
        if self._stop.is_set():
            work_report(row=self._dataset)  # raises what the stop is for
        self._progress = progress
        if (upload.pk if upload else None, file.name[-MAX_PATH:]) in self._known:
            return
        if not self._judged:
            self._progress_at_first, self._begun_at = progress, time.monotonic()
        self._judged += 1
        digest = hashlib.sha256(file.data).hexdigest()
        facts: dict[str, Any] = {"sha256": digest, "bytes": len(file.data), **_said(origin)}
        if digest in self._by_sha256:
            reason = _("The same file as %(other)s.") % {"other": self._by_sha256[digest]}
            self._add(upload, file.name, **facts, verdict=Verdict.DUPLICATE, reason=reason)
            return
        found = self._reader.read(file.data)
        facts |= _found(found)
        if found.refusal:
            self._add(upload, file.name, **facts, verdict=Verdict.REFUSED, reason=found.refusal)
        elif found.fingerprint in self._by_fingerprint:
            other = self._by_fingerprint[found.fingerprint]
            reason = _("The same notes as %(other)s, perhaps in another key or tempo.") % {"other": other}
            self._add(upload, file.name, **facts, verdict=Verdict.DUPLICATE, reason=reason)
        else:
            self._by_sha256[digest] = self._by_fingerprint[found.fingerprint] = file.name
            path = self._dataset.midi_path(digest)
            write_file(path, file.data)
            shared.share(path)
            self._add(upload, file.name, **facts, verdict=Verdict.TAKEN, reason=_repaired(found))

    def _add(self, upload: DatasetUpload | None, path: str, **facts: Any) -> None:
        row = DatasetFile(
            dataset=self._dataset,
            upload=upload,
            position=self._count,
            first_version=self._dataset.version,
            path=path[-MAX_PATH:],
            **facts,
        )
        self._count += 1
        self._batch.append(row)
        if time.monotonic() - self._recorded_at >= RECORD_SECONDS:
            self.record()


def _in_words(seconds: float) -> str:
    if seconds < 5:
        return ""
    if seconds < 100:
        return ", " + _("about %(s)s s left") % {"s": round(seconds)}
    return ", " + _("about %(m)s min left") % {"m": round(seconds / 60)}


def _said(origin: Origin) -> dict[str, str]:
    names = ("composer", "title", "work", "style", "licence")
    words = {name: getattr(origin, name)[:MAX_WORDS] for name in names}
    return {**words, "split": origin.split}


def _found(found: Examined) -> dict[str, Any]:
    return {
        "fingerprint": found.fingerprint,
        "note_count": found.notes,
        "seconds": found.seconds,
        "key": found.facts.key if found.facts else "",
        "tempo_bpm": found.facts.tempo_bpm or None if found.facts else None,
        "examined": found.to_json(),
    }


def _repaired(found: Examined) -> str:
    if not found.repairs:
        return ""
    return _("Repaired: %(what)s") % {"what": ", ".join(dict.fromkeys(found.repairs)).replace("_", " ")}
