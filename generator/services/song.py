"""Songs come to be, are published and withdrawn."""

import hashlib
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import DateTimeField, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import Listener
from generator.models import ComposeRequest, RenderRequest, Reproduction, Song
from generator.names import song_title
from musicgen.learning.durable import write_file
from musicgen.sampling.recipe import midi_played_with
from training import shared
from training.models import WorkState
from training.services import WorkSupersededError, work_enqueue, work_requeue

COMPOSED_NAME: Final = "composed.mid"  # kept where the song's own file has other instruments


@transaction.atomic
def song_compose(
    *,
    request: ComposeRequest,
    midi: bytes,
    seconds: float,
    note_count: int,
    statistics: dict[str, Any],
    flaw: str,
    stopped_after: int | None = None,
) -> Song:
    """Keep what was composed for a request, and ask for its sound.

    The MIDI is on the disk before the row is: a song without its file is never seen.

    Args:
        request: a row that this runner holds.
        midi: as composed; the song's file is played with the request's program.
        flaw: what is wrong with the take, in words; empty if nothing is.
        stopped_after: where somebody stopped it, see `musicgen.sampling.recipe.Recipe`.

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
        seconds=seconds,
        note_count=note_count,
        statistics=statistics,
        flaw=flaw,
        listener=request.listener,
        program=request.program,
    )
    song.folder.mkdir(parents=True, exist_ok=True)
    _write_midi(song, midi)
    song.save(update_fields=["midi_path", "midi_sha256"])
    held.update(song=song, stopped_after=stopped_after)
    request.song = song
    if note_count:  # a take without notes has no sound to wait for
        work_enqueue(row=RenderRequest.objects.create(song=song))
    return song


@transaction.atomic
def song_change_program(*, song: Song, program: int | None) -> None:
    """Give its pitched parts to another instrument, and ask for its sound again; nothing is composed.

    Args:
        program: General MIDI program; None gives it back the instruments that it was composed with.

    Raises:
        OSError: its MIDI file is gone.
    """
    held = Song.objects.select_for_update().get(pk=song.pk)
    if held.program == program:
        return
    composed = shared.here(held.folder / COMPOSED_NAME)
    content = (composed if composed.exists() else held.midi_file).read_bytes()
    held.program = song.program = program
    _write_midi(held, content)
    held.save(update_fields=["program", "midi_path", "midi_sha256"])
    song.midi_sha256 = held.midi_sha256
    render = RenderRequest.objects.filter(song=held).first()
    if render is not None and not work_requeue(row=render, progress=0.0):
        # One that is under way may have read the file already: the next one plays the new one.
        render.delete()
        render = None
    if render is None and held.note_count:
        work_enqueue(row=RenderRequest.objects.create(song=held))


def _write_midi(song: Song, composed: bytes) -> None:
    """Write the song's file, and beside it what was composed, where that is not the same."""
    midi = midi_played_with(composed, song.program)
    if midi != composed:
        write_file(song.folder / COMPOSED_NAME, composed)
        shared.share(song.folder / COMPOSED_NAME)
    write_file(song.folder / "song.mid", midi)
    shared.share(song.folder / "song.mid")
    song.midi_path = str((song.folder / "song.mid").relative_to(settings.DATA_DIR))
    song.midi_sha256 = hashlib.sha256(midi).hexdigest()


def song_publish(*, song: Song) -> None:
    """Let everybody hear it: a moderator's word, also over a flaw."""
    first = Coalesce("published_at", Value(timezone.now()), output_field=DateTimeField())
    Song.objects.filter(pk=song.pk).update(is_published=True, published_at=first)
    song.refresh_from_db(fields=["is_published", "published_at"])


def song_withdraw(*, song: Song) -> None:
    """Show it only to whoever asked for it, and to moderators."""
    Song.objects.filter(pk=song.pk).update(is_published=False)
    song.refresh_from_db(fields=["is_published"])


@transaction.atomic
def songs_merge(*, source: Listener, target: Listener) -> None:
    """Give one listener's songs and requests to another."""
    Song.objects.filter(listener=source).update(listener=target)
    ComposeRequest.objects.filter(listener=source).update(listener=target)
    Reproduction.objects.filter(listener=source).update(listener=target)
