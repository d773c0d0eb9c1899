"""`{% song_stars song %}`: the stars of a song, to look at and to give."""

from typing import Any

from django import template

from accounts.middleware import listener_of
from generator.models import Song
from listening import selectors
from listening.models.rating import MOST_STARS

register = template.Library()


@register.inclusion_tag("listening/parts/_stars.html", takes_context=True)
def song_stars(context: template.Context, song: Song) -> dict[str, Any]:
    """The widget, as the listener behind the request sees it."""
    request = context["request"]
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "song": song,
        "stars": selectors.song_stars(song, listener_of(request).known()),
        "choices": range(1, MOST_STARS + 1),
        "said": "",
    }
