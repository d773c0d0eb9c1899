"""Puts an archive together, beside its place first."""

import hashlib
import threading
import zipfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from papers.archive.contents import archive_contents, selected_songs
from papers.models import PaperExport
from papers.services import paper_export_keep
from training.services import WorkCancelledError, WorkFailedError, work_report, work_run


def paper_export(export_id: int) -> None:
    """Put it together; done twice, it makes one archive."""
    work_run(PaperExport, export_id, _export)


def _export(row: PaperExport, stop: threading.Event) -> dict[str, Any] | None:
    songs = selected_songs(row)
    if not songs:
        raise WorkFailedError(
            _("None of what was chosen has a published song. Compose or publish some, and ask again.")
        )
    folder = Path(settings.DATA_DIR) / "papers" / str(row.key)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / row.file_name
    part = folder / f".{row.file_name}.part"
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            for done, (name, content) in enumerate(archive_contents(row, songs), start=1):
                # A fixed date: the same content makes the same archive.
                archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
                if stop.is_set():
                    raise WorkCancelledError(f"{row.job_id} was asked to stop.")
                if done % 25 == 0:
                    work_report(row=row, progress=min(0.95, done / (len(songs) + 25)))
        with part.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
    paper_export_keep(export=row, archive=target, sha256=sha256, song_count=len(songs))
    return None
