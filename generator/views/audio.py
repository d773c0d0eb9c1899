"""The files of a song: its sound, in ranges, and its MIDI; and the soundfont that browsers play with."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

import musicgen
from generator.models import Song
from generator.views.visibility import visible_song
from training.ranges import RangedFile

# Songs are withdrawn now and then: what caches keep must not outlive that by more than an hour.
_PUBLIC: Final = "public, max-age=3600"
_PRIVATE: Final = "private, no-cache"
_LASTING: Final = "public, max-age=604800"
# Nine instruments in 4 MB. Not through musicgen.audio, which loads the sound libraries.
_BROWSER_SOUNDFONT: Final = (
    Path(musicgen.__file__).parent / "audio" / "soundfonts" / "mini_gm_fluidr3mono.sf3"
)


@require_safe
def song_audio(request: HttpRequest, pk: int, audio_format: str) -> HttpResponseBase:
    """One rendition: played in place, or with `?download=1` as a well named file."""
    song = visible_song(request, pk)
    rendition = get_object_or_404(song.renditions, format=audio_format)
    name = f"{song.file_stem}.{rendition.format}" if request.GET.get("download") else ""
    file = RangedFile(
        rendition.file, rendition.content_type, rendition.sha256, cache_control(song), download_name=name
    )
    return _answer(request, file)


@require_safe
def song_midi(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The MIDI file, as a download."""
    song = visible_song(request, pk)
    if not song.midi_path:
        raise Http404("This song has no MIDI file.")
    file = RangedFile(
        song.midi_file,
        "audio/midi",
        song.midi_sha256,
        cache_control(song),
        download_name=f"{song.file_stem}.mid",
    )
    return _answer(request, file)


@require_safe
def song_score(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The score in MusicXML: read by the page, or with `?download=1` as a well named file."""
    song = visible_song(request, pk)
    if not song.score_path:
        raise Http404("This song has no score.")
    name = f"{song.file_stem}.musicxml" if request.GET.get("download") else ""
    file = RangedFile(
        song.score_file,
        "application/vnd.recordare.musicxml+xml",
        f"score-{song.midi_sha256}",
        cache_control(song),
        download_name=name,
    )
    return _answer(request, file)


@require_safe
def soundfont(request: HttpRequest) -> HttpResponseBase:
    """The small soundfont that comes with the project, for browsers that play notes themselves."""
    file = RangedFile(_BROWSER_SOUNDFONT, "application/octet-stream", _soundfont_sha256(), _LASTING)
    return _answer(request, file)


@cache
def _soundfont_sha256() -> str:
    return hashlib.sha256(_BROWSER_SOUNDFONT.read_bytes()).hexdigest()


def cache_control(song: Song) -> str:
    """What caches may do with what belongs to a song."""
    return _PUBLIC if song.is_published else _PRIVATE


def _answer(request: HttpRequest, file: RangedFile) -> HttpResponseBase:
    try:
        return file.response(request)
    except FileNotFoundError as error:
        raise Http404("The file is gone.") from error
