"""A song gets its sound files, and with the first of them its listeners."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from generator.models import ComposeRequest, EncodeRequest, Rendition, Song
from musicgen.audio import RenditionFile
from musicgen.audio.encode import EncodedFile
from musicgen.learning.durable import write_file
from training import shared
from training.services import work_enqueue, work_requeue


def song_give_sound(*, song: Song, made: RenditionFile) -> Rendition:
    """Keep a song's first sound file, on other machines too; see `_give_sound`."""
    shared.share(made.path)
    return _give_sound(song, made)


@transaction.atomic
def _give_sound(song: Song, made: RenditionFile) -> Rendition:
    """Keep a song's first sound file, let everybody hear it, and ask for the other formats.

    A flawed take is not published by itself, nor is one of several that a listener tries. A song that
    had sound before stays as it is: a moderator may have withdrawn it.
    """
    held = Song.objects.select_for_update().get(pk=song.pk)
    is_first = not held.renditions.exists()
    rendition, _ = Rendition.objects.update_or_create(
        song=held,
        format=made.format,
        defaults={
            "soundfont": made.soundfont,
            "loudness_lufs": made.loudness_lufs,
            "bytes": made.byte_count,
            "seconds": made.seconds,
            "path": str(made.path.relative_to(settings.DATA_DIR)),
            "sha256": made.sha256,
        },
    )
    held.peaks = list(made.peaks)
    if is_first and not held.flaw and _publishes(held):
        held.is_published = True
        held.published_at = timezone.now()
    held.save(update_fields=["peaks", "is_published", "published_at"])
    encode, is_new = EncodeRequest.objects.get_or_create(song=held)
    if is_new:
        work_enqueue(row=encode)
    else:
        work_requeue(row=encode)
    return rendition


def song_give_score(*, song: Song, musicxml: bytes) -> None:
    """Keep the song's score."""
    path = song.folder / "song.musicxml"
    write_file(path, musicxml)
    shared.share(path)
    Song.objects.filter(pk=song.pk).update(score_path=str(path.relative_to(settings.DATA_DIR)))


def _publishes(song: Song) -> bool:
    """Whether whoever asked for it wants it shown without being asked again."""
    take = ComposeRequest.objects.filter(song=song).first()
    return (take is None or take.publishes) and song.thrown_away_at is None


def rendition_add(*, first: Rendition, audio_format: str, file: EncodedFile) -> Rendition:
    """Keep the same sound in another format."""
    shared.share(file.path)
    rendition, _ = Rendition.objects.update_or_create(
        song=first.song,
        format=audio_format,
        defaults={
            "soundfont": first.soundfont,
            "loudness_lufs": first.loudness_lufs,
            "bytes": file.byte_count,
            "seconds": first.seconds,
            "path": str(file.path.relative_to(settings.DATA_DIR)),
            "sha256": file.sha256,
        },
    )
    return rendition
