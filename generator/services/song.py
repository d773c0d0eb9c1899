"""Songs come to be, are published and withdrawn."""

import hashlib
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.models import Listener
from generator.models import ComposeRequest, RenderRequest, Song
from generator.names import song_title
from musicgen.learning.durable import write_file
from training.models import WorkState
from training.services import WorkSupersededError, work_enqueue


@transaction.atomic
def song_compose(
    *,
    request: ComposeRequest,
    midi: bytes,
    seconds: float,
    note_count: int,
    statistics: dict[str, Any],
    flaw: str,
) -> Song:
    """Keep what was composed for a request, and ask for its sound.

    The MIDI is on the disk before the row is: a song without its file is never seen.

    Args:
        request: a row that this runner holds.
        flaw: what is wrong with the take, in words; empty if nothing is.

    Raises:
        WorkSupersededError: another runner has the request now; what it makes counts.
    """
    held = ComposeRequest.objects.select_for_update().filter(
        pk=request.pk, claim=request.claim, state=WorkState.RUNNING, song=None
    )
    if held.first() is None:
        raise WorkSupersededError(f"{request.job_id} is no longer this runner's.")
    song = Song.objects.create(
        title=song_title(network=request.checkpoint.network, seed=request.seed),
        checkpoint=request.checkpoint,
        seed=request.seed,
        settings=request.settings,
        midi_sha256=hashlib.sha256(midi).hexdigest(),
        seconds=seconds,
        note_count=note_count,
        statistics=statistics,
        flaw=flaw,
        listener=request.listener,
    )
    song.folder.mkdir(parents=True, exist_ok=True)
    write_file(song.folder / "song.mid", midi)
    song.midi_path = str((song.folder / "song.mid").relative_to(settings.DATA_DIR))
    song.save(update_fields=["midi_path"])
    held.update(song=song)
    request.song = song
    if note_count:  # a take without notes has no sound to wait for
        work_enqueue(row=RenderRequest.objects.create(song=song))
    return song


def song_publish(*, song: Song) -> None:
    """Let everybody hear it: a moderator's word, also over a flaw."""
    Song.objects.filter(pk=song.pk).update(is_published=True)
    song.refresh_from_db(fields=["is_published"])


def song_withdraw(*, song: Song) -> None:
    """Show it only to whoever asked for it, and to moderators."""
    Song.objects.filter(pk=song.pk).update(is_published=False)
    song.refresh_from_db(fields=["is_published"])


@transaction.atomic
def songs_merge(*, source: Listener, target: Listener) -> None:
    """Give one listener's songs and requests to another."""
    Song.objects.filter(listener=source).update(listener=target)
    ComposeRequest.objects.filter(listener=source).update(listener=target)
