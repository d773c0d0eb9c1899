"""A song as it is drawn: its notes, its waveform, its pictures."""

import hashlib

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.http import require_safe

from generator.models import Song
from generator.roll import roll_notes
from generator.roll.picture import roll_png, roll_svg
from generator.selectors import song_byline
from generator.views.audio import cache_control
from generator.views.visibility import visible_song
from musicgen.midi import MidiError, read_midi
from musicgen.score import Score


@require_safe
def song_notes(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The notes, in the format that static/generator/roll.js draws."""
    song = visible_song(request, pk)
    unchanged, etag = _known(request, song, "notes")
    answer = HttpResponse(status=304) if unchanged else _compact(roll_notes(score_of(song)).to_json())
    return _kept(answer, song, etag)


@require_safe
def song_more(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What the player shows of a song beside its title: the waveform's peaks."""
    song = visible_song(request, pk)
    return _kept(_compact({"peaks": song.peaks}), song, "")


@require_safe
def song_picture(request: HttpRequest, pk: int, extension: str) -> HttpResponseBase:
    """The piano roll as a picture: PNG in the size for sharing, SVG as long as the piece."""
    song = visible_song(request, pk)
    unchanged, etag = _known(request, song, f"{extension}-{song.title}")
    if unchanged:
        return _kept(HttpResponse(status=304), song, etag)
    notes = roll_notes(score_of(song))
    if extension == "svg":
        answer = HttpResponse(roll_svg(notes, song.title), content_type="image/svg+xml")
    else:
        answer = HttpResponse(roll_png(notes, song.title, song_byline(song)), content_type="image/png")
    if request.GET.get("download"):
        answer["Content-Disposition"] = f'attachment; filename="{song.file_stem}.{extension}"'
    return _kept(answer, song, etag)


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


def _known(request: HttpRequest, song: Song, what: str) -> tuple[bool, str]:
    """Whether the asker has this already, and the ETag by which it is known."""
    etag = f'"{hashlib.sha256(f"{what} {song.midi_sha256}".encode()).hexdigest()[:32]}"'
    return request.headers.get("If-None-Match") == etag, etag


def _kept(answer: HttpResponse, song: Song, etag: str) -> HttpResponse:
    if etag:
        answer["ETag"] = etag
    answer["Cache-Control"] = cache_control(song)
    return answer


def _compact(data: object) -> JsonResponse:
    return JsonResponse(data, json_dumps_params={"separators": (",", ":")})
