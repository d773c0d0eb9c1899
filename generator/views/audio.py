"""The files of a song: its sound, in ranges, its MIDI, and its notes as pages draw them."""

from typing import Final

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from generator.models import Song
from generator.ranges import RangedFile
from generator.roll import roll_notes
from generator.views.visibility import visible_song
from musicgen.midi import MidiError, read_midi
from musicgen.score import Score

# Songs are withdrawn now and then: what caches keep must not outlive that by more than an hour.
_PUBLIC: Final = "public, max-age=3600"
_PRIVATE: Final = "private, no-cache"


@require_safe
def song_audio(request: HttpRequest, pk: int, audio_format: str) -> HttpResponseBase:
    """One rendition: played in place, or with `?download=1` as a well named file."""
    song = visible_song(request, pk)
    rendition = get_object_or_404(song.renditions, format=audio_format)
    name = f"{song.file_stem}.{rendition.format}" if request.GET.get("download") else ""
    file = RangedFile(
        rendition.file, rendition.content_type, rendition.sha256, _cache_control(song), download_name=name
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
        _cache_control(song),
        download_name=f"{song.file_stem}.mid",
    )
    return _answer(request, file)


@require_safe
def song_notes(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The notes, in the format that static/generator/roll.js draws."""
    song = visible_song(request, pk)
    etag = f'"notes-{song.midi_sha256}"'
    answer: HttpResponse
    if request.headers.get("If-None-Match") == etag:
        answer = HttpResponse(status=304)
    else:
        notes = roll_notes(score_of(song)).to_json()
        answer = JsonResponse(notes, json_dumps_params={"separators": (",", ":")})
    answer["ETag"] = etag
    answer["Cache-Control"] = _cache_control(song)
    return answer


def score_of(song: Song) -> Score:
    """The music in the song's MIDI file.

    Raises:
        Http404: there is no such file, or none that can be read.
    """
    if not song.midi_path:
        raise Http404("This song has no MIDI file.")
    try:
        return read_midi(song.midi_file)
    except (OSError, MidiError) as error:
        raise Http404("The file is gone.") from error


def _cache_control(song: Song) -> str:
    return _PUBLIC if song.is_published else _PRIVATE


def _answer(request: HttpRequest, file: RangedFile) -> HttpResponseBase:
    try:
        return file.response(request)
    except FileNotFoundError as error:
        raise Http404("The file is gone.") from error
