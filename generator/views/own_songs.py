"""What a listener does with a song of theirs: publish, throw away, take back, change, make again."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.middleware import listener_of
from accounts.roles import is_moderator
from generator.instruments import INSTRUMENTS
from generator.models import Reproduction, Song
from generator.recipes import NoRecipeError, song_provenance
from generator.services import (
    reproduction_ask,
    song_change_program,
    song_publish,
    song_take_back,
    song_throw_away,
    song_withdraw,
)
from generator.views.compose import take_part_of
from generator.views.visibility import visible_song


@require_POST
def song_own_publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Let everybody hear it, or no longer."""
    song = _own_song(request, pk)
    if request.POST.get("publish") == "0":
        song_withdraw(song=song)
    elif song.flaw and not is_moderator(request.user):
        messages.error(request, _("A flawed take is kept for you, but it is not published."))
    else:
        song_publish(song=song)
    return _back(request, song)


@require_POST
def song_away(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw it away, or take it back."""
    song = _own_song(request, pk)
    if request.POST.get("back") == "1":
        song_take_back(song=song)
    else:
        song_throw_away(song=song)
    return _back(request, song)


@require_POST
def song_instrument(request: HttpRequest, pk: int) -> HttpResponse:
    """Give it to another instrument."""
    song = _own_song(request, pk)
    asked = request.POST.get("program", "")
    if asked and asked not in {str(program) for program in INSTRUMENTS}:
        raise Http404("There is no such instrument.")
    song_change_program(song=song, program=int(asked) if asked else None)
    return _back(request, song)


@require_POST
def song_reproduce(request: HttpRequest, pk: int) -> HttpResponse:
    """Have it composed again, to see that the same bytes come of it."""
    song = visible_song(request, pk)
    if not hasattr(song, "compose_request"):
        raise Http404("Nothing is written down about how this song was made.")
    reproduction_ask(song=song, listener=listener_of(request).ensure())
    return _reproduction_part(request, song)


@require_safe
def song_reproduction(request: HttpRequest, pk: int) -> HttpResponse:
    """What came of it, so far."""
    return _reproduction_part(request, visible_song(request, pk))


@require_safe
def song_provenance_file(request: HttpRequest, pk: int) -> HttpResponse:
    """All that is needed to compose it again, for `python -m musicgen reproduce`."""
    song = visible_song(request, pk)
    try:
        content = song_provenance(song)
    except (NoRecipeError, OSError) as error:
        raise Http404("Nothing is written down about how this song was made.") from error
    answer = JsonResponse(content, json_dumps_params={"indent": 2, "ensure_ascii": False})
    answer["Content-Disposition"] = f'attachment; filename="{song.file_stem}.provenance.json"'
    return answer


def _reproduction_part(request: HttpRequest, song: Song) -> HttpResponse:
    if request.method == "POST" and not request.headers.get("HX-Request"):
        return redirect(f"{song.get_absolute_url()}#reproduction")
    row = Reproduction.objects.filter(song=song).first()
    context = {"song": song, "reproduction": row, "has_recipe": hasattr(song, "compose_request")}
    return render(request, "generator/parts/_reproduction.html", context)


def _own_song(request: HttpRequest, pk: int) -> Song:
    """The song, if this visitor asked for it or keeps order here.

    Raises:
        Http404: there is none, or it is hidden.
        PermissionDenied: it is somebody else's.
    """
    song = visible_song(request, pk)
    listener = listener_of(request).known()
    if not is_moderator(request.user) and (listener is None or song.listener_id != listener.pk):
        raise PermissionDenied
    return song


def _back(request: HttpRequest, song: Song) -> HttpResponse:
    """To the takes that it stands among, if it was they that asked; else to its own page."""
    take = getattr(song, "compose_request", None)
    if request.headers.get("X-Live") and take is not None:
        return take_part_of(request, take)
    if request.POST.get("to") == "draft" and take is not None:
        return redirect(take)
    return redirect(song)
