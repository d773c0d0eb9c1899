"""Songs that were thrown away are cleared: their rows, their files."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.db import transaction
from django.utils import timezone

from generator.models import Song
from generator.models.song import KEPT_DAYS

AT_ONCE: Final = 20  # songs of one look: the reaper has other things to do


def songs_clear(*, now: datetime | None = None) -> int:
    """Delete what was thrown away long ago, and was never public.

    What everybody could hear once may have been judged: it stays, out of sight, so that the
    judgments go on saying what they are about.

    Returns:
        How many songs were cleared.
    """
    before = (now or timezone.now()) - timedelta(days=KEPT_DAYS)
    gone = Song.objects.filter(
        thrown_away_at__lt=before, published_at=None, is_published=False, rating_count=0, verdict_count=0
    )
    cleared = 0
    for song in gone.order_by("pk")[:AT_ONCE]:
        cleared += _clear(song, before)
    return cleared


def _clear(song: Song, before: datetime) -> int:
    folder = song.folder
    with transaction.atomic():
        still = Song.objects.select_for_update().filter(
            pk=song.pk, thrown_away_at__lt=before, published_at=None
        )
        if still.first() is None:  # taken back at this very moment
            return 0
        still.delete()
        transaction.on_commit(lambda: _remove(folder))
    return 1


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
