"""The stars of a song: shown, given, taken back."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.middleware import listener_of
from generator.models import Song
from listening.models.rating import CRITERIA, MOST_STARS
from listening.selectors import song_stars
from listening.services import StarsError, rating_remove, rating_set


@require_safe
def stars(request: HttpRequest, pk: int) -> HttpResponse:
    """The widget alone."""
    song = get_object_or_404(Song.objects.published(), pk=pk)
    return _widget(request, song, "")


@require_POST
def rate(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a song stars, and marks where there are any; who was anonymous becomes a lasting listener."""
    song = get_object_or_404(Song.objects.published(), pk=pk)
    try:
        given = int(request.POST.get("stars", ""))
        marks = {key: int(request.POST[key] or 0) or None for key in CRITERIA if key in request.POST}
        rating_set(song=song, listener=listener_of(request).ensure(), stars=given, criteria=marks)
    except ValueError as error:  # StarsError is one too
        reason = str(error) if isinstance(error, StarsError) else _("Choose one to five stars.")
        return HttpResponseBadRequest(reason, content_type="text/plain; charset=utf-8")
    return _answer(request, song, _("Your rating is saved."))


@require_POST
def unrate(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's stars back."""
    song = get_object_or_404(Song.objects.published(), pk=pk)
    listener = listener_of(request).known()
    if listener is not None:
        rating_remove(song=song, listener=listener)
    return _answer(request, song, _("Your rating is removed."))


def _answer(request: HttpRequest, song: Song, said: str) -> HttpResponse:
    """The widget where htmx asked; else back to the song's page."""
    song.refresh_from_db(fields=["rating_count", "rating_sum"])
    if getattr(request, "htmx", False):
        return _widget(request, song, said)
    messages.success(request, said)
    return redirect(f"{song.get_absolute_url()}#stars")


def _widget(request: HttpRequest, song: Song, said: str) -> HttpResponse:
    context = {
        "song": song,
        "stars": song_stars(song, listener_of(request).known()),
        "choices": range(1, MOST_STARS + 1),
        "said": said,
    }
    return render(request, "listening/parts/_stars.html", context)
