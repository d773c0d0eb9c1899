"""A listener's shelf: favourites, what they heard, and the collections that they make and share."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.middleware import listener_of
from accounts.models import Listener
from generator.forms_shelf import CollectionForm
from generator.models import Collection, Song
from generator.selectors import favourite_numbers, favourite_songs, heard_songs, songs_in_order
from generator.services import (
    collection_add,
    collection_create,
    collection_delete,
    collection_remove,
    collection_update,
    favourite_remove,
    favourite_set,
    history_forget,
    play_record,
)
from generator.views.visibility import visible_song

LISTED_COLLECTIONS = 60


@require_safe
def shelf(request: HttpRequest) -> HttpResponse:
    """The favourites."""
    listener = listener_of(request).known()
    songs = favourite_songs(listener)
    context = {"songs": songs, "favourites": {song.pk for song in songs}, "shelf": "favourites"}
    return render(request, "generator/shelf.html", context)


@require_safe
def heard(request: HttpRequest) -> HttpResponse:
    """What the listener heard."""
    listener = listener_of(request).known()
    songs = heard_songs(listener)
    context = {"songs": songs, "favourites": favourite_numbers(listener, songs), "shelf": "heard"}
    return render(request, "generator/shelf.html", context)


@require_POST
def forget(request: HttpRequest) -> HttpResponse:
    """Forget what was heard."""
    listener = listener_of(request).known()
    if listener is not None:
        history_forget(listener=listener)
    return redirect("generator:heard")


@require_POST
def played(request: HttpRequest, pk: int) -> HttpResponse:
    """The player tells that somebody heard a song."""
    play_record(listener=listener_of(request).ensure(), song=visible_song(request, pk))
    return HttpResponse(status=204)


@require_POST
def favourite(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep a song, or let it go: `keep` is 1 or 0."""
    song = visible_song(request, pk)
    keep = request.POST.get("keep") == "1"
    listener = listener_of(request).ensure()
    (favourite_set if keep else favourite_remove)(listener=listener, song=song)
    if getattr(request, "htmx", False):
        return render(request, "generator/parts/_favourite.html", {"song": song, "is_favourite": keep})
    return redirect(song)


@require_http_methods(["GET", "HEAD", "POST"])
def collections(request: HttpRequest) -> HttpResponse:
    """The listener's collections and those that others share; begins a new one."""
    listener = listener_of(request).known()
    form = CollectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return redirect(collection_create(listener=listener_of(request).ensure(), **form.cleaned_data))
    own = Collection.objects.filter(listener=listener) if listener else Collection.objects.none()
    others = Collection.objects.shared().exclude(pk__in=own.values("pk"))
    context = {
        "form": form,
        "own": own.order_by("-updated_at")[:LISTED_COLLECTIONS],
        "others": others.order_by("-updated_at")[:LISTED_COLLECTIONS],
        "shelf": "collections",
    }
    return render(request, "generator/collections.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def collection(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A collection to hear; for its owner also to change."""
    listener = listener_of(request).known()
    found = get_object_or_404(Collection.objects.visible_to(listener), pk=pk)
    is_own = listener is not None and found.listener_id == listener.pk
    form = _changed(request, found) if is_own else None
    if form is not None and form.is_bound and form.is_valid():
        return redirect(found)
    songs = _songs_of(found, listener)
    context: dict[str, Any] = {
        "collection": found,
        "songs": songs,
        "form": form,
        "is_own": is_own,
        "favourites": favourite_numbers(listener, songs),
    }
    return render(request, "generator/collection.html", context, status=422 if form and form.errors else 200)


def _changed(request: HttpRequest, found: Collection) -> CollectionForm:
    """The form about a collection; what it says is kept if it is right."""
    if request.method != "POST":
        fields = ("title", "description", "is_shared")
        return CollectionForm(initial={name: getattr(found, name) for name in fields})
    form = CollectionForm(request.POST)
    if form.is_valid():
        collection_update(collection=found, **form.cleaned_data)
    return form


def _songs_of(found: Collection, listener: Listener | None) -> list[Song]:
    numbers = list(found.items.values_list("song_id", flat=True))
    allowed = set(Song.objects.visible_to(listener).filter(pk__in=numbers).values_list("pk", flat=True))
    return songs_in_order([number for number in numbers if number in allowed])


@require_POST
def collection_remove_all(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Take a collection apart."""
    collection_delete(collection=_own(request, pk))
    return redirect("generator:collections")


@require_POST
def collect(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a song into one of the listener's collections, or into a new one (`title`)."""
    song = visible_song(request, pk)
    chosen = request.POST.get("collection", "")
    title = request.POST.get("title", "").strip()[:100]
    if chosen:
        into = _own(request, chosen)
    elif title:
        into = collection_create(listener=listener_of(request).ensure(), title=title)
    else:
        messages.error(request, _("Choose a collection, or name a new one."))
        return redirect(song)
    collection_add(collection=into, song=song)
    messages.success(request, _("It is in “%(title)s” now.") % {"title": into.title})
    return redirect(song)


@require_POST
def uncollect(request: HttpRequest, pk: uuid.UUID, song: int) -> HttpResponse:
    """Take a song out of a collection."""
    found = _own(request, pk)
    collection_remove(collection=found, song=get_object_or_404(Song, pk=song))
    return redirect(found)


def _own(request: HttpRequest, pk: uuid.UUID | str) -> Collection:
    """The listener's own collection.

    Raises:
        Http404: there is none, or it is somebody else's.
    """
    listener = listener_of(request).known()
    try:
        number = uuid.UUID(str(pk))
    except ValueError as error:
        raise Http404("There is no such collection.") from error
    return get_object_or_404(Collection, pk=number, listener=listener) if listener else _nothing()


def _nothing() -> Collection:
    raise Http404("There is no such collection.")
