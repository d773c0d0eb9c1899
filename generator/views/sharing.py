"""Songs elsewhere: a small player to embed, what oEmbed says of it, and everything in one archive."""

from typing import Final
from urllib.parse import urlsplit

from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import Resolver404, resolve, reverse
from django.utils.html import format_html
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from generator.bundle import song_bundle
from generator.models import Song
from generator.roll.picture import PICTURE_SIZE
from generator.selectors import song_byline
from generator.views.visibility import visible_song

EMBED_SIZE: Final = (480, 190)  # pixels, width and height
SMALLEST_WIDTH: Final = 240
NOT_IMPLEMENTED: Final = 501  # what the oEmbed specification asks for where a format is not offered


@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})  # type: ignore[arg-type]  # its type forgets a view's arguments
@require_safe
def embed(request: HttpRequest, pk: int) -> HttpResponse:
    """A song to hear in a frame of another site; without cookies or scripts."""
    songs = Song.objects.published().select_related("checkpoint").prefetch_related("renditions")
    return render(request, "generator/embed.html", {"song": get_object_or_404(songs, pk=pk)})


@require_safe
def bundle(request: HttpRequest, pk: int) -> HttpResponse:
    """Notes, sound, score, picture and provenance in one zip."""
    song = visible_song(request, pk)
    if not song.midi_path:
        raise Http404("This song has no MIDI file.")
    try:
        content = song_bundle(song, request.build_absolute_uri(song.get_absolute_url()))
    except FileNotFoundError as error:
        raise Http404("The file is gone.") from error
    answer = HttpResponse(content, content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{song.file_stem}.zip"'
    answer["Cache-Control"] = "private, no-cache"
    return answer


@require_safe
def oembed(request: HttpRequest) -> HttpResponse:
    """What to show for a song's address (https://oembed.com)."""
    if request.GET.get("format", "json") != "json":
        return HttpResponse("Only JSON is offered.", status=NOT_IMPLEMENTED, content_type="text/plain")
    song = _song_at(request, request.GET.get("url", ""))
    width = min(EMBED_SIZE[0], max(SMALLEST_WIDTH, _number(request.GET.get("maxwidth"), EMBED_SIZE[0])))
    frame = request.build_absolute_uri(reverse("generator:embed", args=[song.pk]))
    return JsonResponse(
        {
            "version": "1.0",
            "type": "rich",
            "provider_name": "musicgen",
            "provider_url": request.build_absolute_uri("/"),
            "title": song.title,
            "author_name": song_byline(song),
            "width": width,
            "height": EMBED_SIZE[1],
            "html": format_html(
                '<iframe src="{}" width="{}" height="{}" title="{}" loading="lazy"></iframe>',
                frame,
                width,
                EMBED_SIZE[1],
                song.title,
            ),
            "thumbnail_url": request.build_absolute_uri(reverse("generator:song_png", args=[song.pk])),
            "thumbnail_width": PICTURE_SIZE[0],
            "thumbnail_height": PICTURE_SIZE[1],
        }
    )


def _song_at(request: HttpRequest, address: str) -> Song:
    """The published song whose page has this address on this site.

    Raises:
        Http404: there is none.
    """
    parts = urlsplit(address)
    if parts.netloc and parts.netloc != request.get_host():
        raise Http404("That is no address of this site.")
    try:
        found = resolve(parts.path)
    except Resolver404 as error:
        raise Http404("There is no such page.") from error
    if found.view_name not in ("generator:song", "generator:embed"):
        raise Http404("Only songs can be embedded.")
    return get_object_or_404(Song.objects.published().select_related("checkpoint"), pk=found.kwargs["pk"])


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else otherwise
