"""Turning one song into sound files: first the one that is heard, then the others from it."""

import logging
import threading
from typing import Any, Final

import soundfile

from generator.models import AudioFormat, EncodeRequest, RenderRequest, Song
from generator.models.rendition import FIRST_FORMAT
from generator.names import network_label
from generator.selectors.statistics import is_compared_by_itself
from generator.services.describe import song_describe
from generator.services.rendition import rendition_add, song_give_score, song_give_sound
from generator.services.study import song_report_ask
from musicgen.audio import RenderError, Tags, make_renditions
from musicgen.audio.encode import encode
from musicgen.midi import MidiError, read_midi
from musicgen.notation import NotationError, write_musicxml
from training.services import WorkCancelledError, WorkFailedError, work_report, work_run

logger = logging.getLogger(__name__)

_TURNS: Final = 5  # songs tried for, where other workers are quicker


def render_song(request_id: int) -> None:
    """A turn at playing a song into its first sound file: a listener's, where one waits.

    The site's own songs come in dozens; whoever asked for one does not wait behind them. There are
    as many turns on the queue as there are rows that wait. Done twice, it leaves one file.
    """
    for _ in range(_TURNS):
        turn = _next_turn(request_id)
        if turn is None or work_run(RenderRequest, turn, _render):
            return


def _next_turn(request_id: int) -> int | None:
    """The listener's song that waits longest, else the one this turn was for, else what waits longest."""
    waiting = RenderRequest.objects.queued().order_by("queued_at", "pk").values_list("pk", flat=True)
    of_listeners = waiting.exclude(song__listener=None)
    return of_listeners.first() or waiting.filter(pk=request_id).first() or waiting.first()


def encode_song(request_id: int) -> None:
    """Make the other formats of the song; done twice, it leaves one file of each."""
    work_run(EncodeRequest, request_id, _encode)


def _render(row: RenderRequest, stop: threading.Event) -> dict[str, Any] | None:
    song = row.song
    try:
        song_describe(song=song, score=read_midi(song.midi_file))
        made = make_renditions(song.midi_file, song.folder, formats=[FIRST_FORMAT.value], tags=_tags(song))
    except (RenderError, MidiError) as error:
        raise WorkFailedError(str(error)) from error
    work_report(row=row)  # a runner that is no longer the row's must not store anything
    song_give_sound(song=song, made=made[0])
    return None


def _encode(row: EncodeRequest, stop: threading.Event) -> dict[str, Any] | None:
    song = row.song
    first = song.renditions.get(format=FIRST_FORMAT)
    others = [name for name in AudioFormat.values if name != FIRST_FORMAT]
    try:
        samples, sample_rate = soundfile.read(str(first.file), dtype="float32", always_2d=True)
        for count, name in enumerate(others, start=1):
            file = encode(samples, sample_rate, song.folder / f"song.{name}", name, _tags(song))
            work_report(row=row, progress=count / len(others))
            rendition_add(first=first, audio_format=name, file=file)
            if stop.is_set():
                raise WorkCancelledError(f"{row.job_id} was asked to stop.")
    except (RenderError, soundfile.SoundFileError) as error:
        raise WorkFailedError(f"{error} Ask for the sound again.") from error
    _write_score(song)
    if is_compared_by_itself(song):
        song_report_ask(song=song)  # after its sound: nobody waits for it
    return None


def _write_score(song: Song) -> None:
    """Its score, where the music can be written as one; a song without is complete all the same."""
    try:
        song_give_score(song=song, musicxml=write_musicxml(read_midi(song.midi_file)))
    except (NotationError, MidiError) as error:
        logger.info("%s has no score: %s", song, error)


def _tags(song: Song) -> Tags:
    checkpoint = song.checkpoint
    if checkpoint is None:
        return Tags(title=song.title)
    artist = f"{network_label(checkpoint.network)} ({checkpoint.label})"
    return Tags(title=song.title, artist=artist, comment=f"Composed by a network, seed {song.seed}.")
