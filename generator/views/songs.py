"""The first page, the list of songs, and a song's own page."""

from typing import Final
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.middleware import listener_of
from accounts.roles import is_moderator
from generator.forms import ComposeForm
from generator.instruments import INSTRUMENTS
from generator.models import Collection, EncodeRequest, Reproduction, Song
from generator.roll import roll_words
from generator.selectors import (
    SongOrder,
    SongQuery,
    chosen_checkpoints,
    dataset_study,
    favourite_numbers,
    featured_song,
    first_songs,
    found_count,
    newest_songs,
    random_song,
    song_choices,
    song_page,
    song_sources,
    songs_in_order,
    statistics_rows,
)
from generator.services import seed_draw, song_publish, song_withdraw
from generator.views.report import report_context
from generator.views.roll import score_of
from generator.views.visibility import visible_song

HOME_SONGS: Final = 6


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What this is, something to hear, and a way to ask for more."""
    featured = featured_song()
    songs = newest_songs(HOME_SONGS, but=featured)
    context = {
        "featured": featured,
        "songs": songs,
        "song_count": found_count(SongQuery()),
        "favourites": favourite_numbers(listener_of(request).known(), songs),
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
    """The published songs that the address asks for, a page at a time."""
    query = SongQuery.from_address(request.GET)
    if query.order == SongOrder.RANDOM and not query.seed:
        return redirect(request.path + query.address(seed=str(seed_draw())))
    page = song_page(query, request.GET.get("page"))
    songs = songs_in_order(list(page.object_list))
    context = {
        "page": page,
        "songs": songs,
        "query": query,
        "choices": song_choices(),
        "favourites": favourite_numbers(listener_of(request).known(), songs),
        "first_songs": first_songs(),
        "paper_query": _paper_query(query) if request.user.is_authenticated else "",
    }
    return render(request, "generator/song_list.html", context)


def _paper_query(query: SongQuery) -> str:
    """Of a list that is narrowed by who composed it: what asks for an archive of just these."""
    chosen = chosen_checkpoints(query)
    return urlencode({"checkpoint": chosen}, doseq=True) if chosen else ""


@never_cache
@require_safe
def song_random(request: HttpRequest) -> HttpResponse:
    """To any song."""
    drawn = random_song()
    return redirect(f"{drawn.get_absolute_url()}?listen=1" if drawn else "generator:song_list")


@require_safe
def song(request: HttpRequest, pk: int) -> HttpResponse:
    """One song: to hear, rate, download, and read where it came from."""
    found = visible_song(request, pk)
    listener = listener_of(request).known()
    context = {
        **_downloads(found),
        "is_favourite": found.pk in favourite_numbers(listener, [found]),
        "collections": Collection.objects.filter(listener=listener).order_by("title") if listener else [],
        "sources": song_sources(found),
        "statistics": statistics_rows(found),
        "study": dataset_study(found),
        **report_context(found),
        "again": _same_wishes(found),
        "roll_words": _words(found),
        "is_own": listener is not None and found.listener_id == listener.pk,
        "reproduction": Reproduction.objects.filter(song=found).first(),
        "has_recipe": hasattr(found, "compose_request"),
        "instruments": INSTRUMENTS,
    }
    return render(request, "generator/song.html", context)


def _words(found: Song) -> list[str]:
    """What the piano roll shows, in words; nothing where there is no roll."""
    try:
        return roll_words(score_of(found))
    except Http404:
        return []


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
