"""Archives are asked for and kept."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from generator.models import Song
from listening.models import Study
from papers.models import PaperExport
from training import shared
from training.models import Checkpoint
from training.services import work_enqueue, work_report

ACTIVE_LIMIT: Final = 2  # archives of one person that are being put together at a time


class PaperLimitError(Exception):
    """The person has as many on the way as is fair; the message says what to do."""


@transaction.atomic
def paper_export_create(
    *,
    owner: User,
    title: str,
    authors: str,
    with_human: bool,
    checkpoints: Iterable[Checkpoint] = (),
    songs: Iterable[Song] = (),
    studies: Iterable[Study] = (),
) -> PaperExport:
    """Ask for an archive.

    Args:
        songs: published ones; what is not when the archive is put together is left out.
        studies: of the owner's own; their answers come along.

    Raises:
        PaperLimitError: see there.
    """
    User.objects.select_for_update().get(pk=owner.pk)
    if PaperExport.objects.filter(owner=owner).active().count() >= ACTIVE_LIMIT:
        raise PaperLimitError(_("Two of your archives are still being put together. Wait for one of them."))
    row = PaperExport.objects.create(owner=owner, title=title, authors=authors, with_human=with_human)
    row.checkpoints.set(checkpoints)
    row.songs.set(songs)
    row.studies.set(studies)
    work_enqueue(row=row)
    return row


def paper_export_keep(*, export: PaperExport, archive: Path, sha256: str, song_count: int) -> None:
    """Write down where the finished archive is.

    Raises:
        WorkSupersededError, WorkCancelledError: see `work_report`.
    """
    shared.share(archive)
    work_report(
        row=export,
        path=str(archive.relative_to(settings.DATA_DIR)),
        sha256=sha256,
        bytes=archive.stat().st_size,
        song_count=song_count,
    )
