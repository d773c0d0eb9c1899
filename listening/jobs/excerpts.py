"""Cutting the excerpt of one song."""

import threading
from pathlib import Path
from typing import Any

from django.conf import settings

from generator.models.rendition import FIRST_FORMAT
from listening.models import Excerpt
from listening.services.excerpt import excerpt_keep
from training.services import WorkFailedError, work_run


def excerpt_make(excerpt_id: int) -> None:
    """Make the excerpt's file; done twice, it leaves one."""
    work_run(Excerpt, excerpt_id, _make)


def _make(row: Excerpt, stop: threading.Event) -> dict[str, Any] | None:
    from musicgen.audio import RenderError
    from musicgen.audio.excerpt import make_excerpt

    rendition = row.song.renditions.filter(format=FIRST_FORMAT).first()
    if rendition is None:
        raise WorkFailedError("The song has no sound that an excerpt could be cut out of.")
    # Named by nothing that tells of the song.
    out = Path(settings.DATA_DIR, "excerpts", f"{row.pk}.opus")
    try:
        made = make_excerpt(rendition.file, out, start_seconds=row.start_seconds)
    except RenderError as error:
        raise WorkFailedError(str(error)) from error
    return excerpt_keep(excerpt=row, made=made)
