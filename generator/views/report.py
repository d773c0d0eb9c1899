"""How a song stands beside the music that its network learned from."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from generator.models import Song, SongReport
from generator.services import song_report_ask
from generator.views.visibility import visible_song


@require_safe
def song_report(request: HttpRequest, pk: int) -> HttpResponse:
    """The report alone, as far as it is."""
    song = visible_song(request, pk)
    return render(request, "generator/parts/_report.html", report_context(song))


@require_POST
def song_report_make(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the song compared."""
    song = visible_song(request, pk)
    song_report_ask(song=song)
    if getattr(request, "htmx", False):
        return render(request, "generator/parts/_report.html", report_context(song))
    return redirect(f"{song.get_absolute_url()}#report")


def report_context(song: Song) -> dict[str, object]:
    """What the part of the page about copies shows."""
    return {
        "song": song,
        "report": SongReport.objects.filter(song=song).first(),
        "can_report": bool(song.midi_path and song.checkpoint and song.checkpoint.dataset),
    }
