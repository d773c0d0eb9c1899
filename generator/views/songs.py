"""The first page, the list of songs, and a song's own page."""

from typing import Final
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.roles import is_moderator
from generator.forms import ComposeForm
from generator.models import EncodeRequest, Song
from generator.selectors import (
    SongOrder,
    featured_song,
    first_songs,
    listed_songs,
    song_sources,
    statistics_rows,
)
from generator.services import song_publish, song_withdraw
from generator.views.visibility import visible_song

PAGE_SONGS: Final = 24
HOME_SONGS: Final = 6


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What this is, something to hear, and a way to ask for more."""
    featured = featured_song()
    newest = listed_songs(SongOrder.NEWEST)
    context = {
        "featured": featured,
        "songs": newest.exclude(pk=featured.pk)[:HOME_SONGS] if featured else [],
        "song_count": newest.count(),
        "first_songs": first_songs(),
        "form": ComposeForm(),
    }
    return render(request, "generator/home.html", context)


@require_safe
def home_first_songs(request: HttpRequest) -> HttpResponse:
    """How far the site's first songs are; reloads a first page that had nothing to play."""
    state = first_songs()
    if state.ready and request.GET.get("ready") == "0":
        return HttpResponseClientRefresh()
    return render(request, "generator/parts/_first_songs.html", {"first_songs": state})


@require_safe
def song_list(request: HttpRequest) -> HttpResponse:
    """All published songs, a page at a time."""
    asked = request.GET.get("order", "")
    order = SongOrder(asked) if asked in list(SongOrder) else SongOrder.NEWEST
    page = Paginator(listed_songs(order), PAGE_SONGS).get_page(request.GET.get("page"))
    context = {"page": page, "order": order, "first_songs": first_songs()}
    return render(request, "generator/song_list.html", context)


@require_safe
def song(request: HttpRequest, pk: int) -> HttpResponse:
    """One song: to hear, rate, download, and read where it came from."""
    found = visible_song(request, pk)
    context = {
        **_downloads(found),
        "sources": song_sources(found),
        "statistics": statistics_rows(found),
        "again": _same_wishes(found),
    }
    return render(request, "generator/song.html", context)


@require_safe
def song_downloads(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of a song's page that grows while more formats are being made."""
    return render(request, "generator/parts/_downloads.html", _downloads(visible_song(request, pk)))


def _downloads(found: Song) -> dict[str, object]:
    return {
        "song": found,
        "renditions": sorted(found.renditions.all(), key=lambda rendition: rendition.offer_rank),
        "is_encoding": EncodeRequest.objects.active().filter(song=found).exists(),
    }


def _same_wishes(found: Song) -> str:
    """A query for the compose form that begins with this song's settings, but not its seed."""
    wishes = {"checkpoint": found.checkpoint_id, **found.settings}
    return urlencode(
        {name: wishes[name] for name in ComposeForm.base_fields if name != "seed" and wishes.get(name)}
    )


@require_POST
@login_required
def song_visibility(request: HttpRequest, pk: int) -> HttpResponse:
    """A moderator publishes a song or withdraws it."""
    if not is_moderator(request.user):
        raise PermissionDenied
    found = get_object_or_404(Song, pk=pk)
    if request.POST.get("publish") == "1":
        song_publish(song=found)
    else:
        song_withdraw(song=found)
    return redirect(found)
