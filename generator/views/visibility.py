"""Who may see which song and which request."""

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from accounts.middleware import listener_of
from accounts.roles import is_moderator
from generator.models import ComposeRequest, Draft, Prompt, Song


def visible_song(request: HttpRequest, pk: int) -> Song:
    """The song, if this visitor may see it.

    A published song is found without asking who the visitor is, so that caches may share it.

    Raises:
        Http404: there is none, or not for this visitor.
    """
    songs = Song.objects.select_related("checkpoint__dataset")
    song = songs.published().filter(pk=pk).first()
    if song is not None:
        return song
    hidden = songs.visible_to(listener_of(request).known(), everything=is_moderator(request.user))
    return get_object_or_404(hidden, pk=pk)


def visible_compose_request(request: HttpRequest, pk: int) -> ComposeRequest:
    """The request for a song, if it is this visitor's (or the visitor a moderator).

    Raises:
        Http404: there is none, or not for this visitor.
    """
    rows = ComposeRequest.objects.select_related("checkpoint", "song", "draft", "prompt").visible_to(
        listener_of(request).known(), everything=is_moderator(request.user)
    )
    return get_object_or_404(rows, pk=pk)


def visible_draft(request: HttpRequest, pk: int) -> Draft:
    """The draft, if it is this visitor's (or the visitor a moderator).

    Raises:
        Http404: there is none, or not for this visitor.
    """
    drafts = Draft.objects.visible_to(listener_of(request).known(), everything=is_moderator(request.user))
    return get_object_or_404(drafts, pk=pk)


def visible_prompt(request: HttpRequest, pk: int) -> Prompt:
    """The music to begin from, if it is this visitor's (or the visitor a moderator).

    Raises:
        Http404: there is none, or not for this visitor.
    """
    prompts = Prompt.objects.visible_to(listener_of(request).known(), everything=is_moderator(request.user))
    return get_object_or_404(prompts, pk=pk)
