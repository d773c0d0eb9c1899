"""How songs are written on pages."""

import json
from typing import Any

from django import template
from django.urls import reverse

from generator.finding_words import filters_of, order_words
from generator.models import Song
from generator.names import network_label
from generator.selectors import SongChoices, SongQuery, song_byline

register = template.Library()

register.filter("network_label", network_label)


@register.filter
def clock(seconds: float) -> str:
    """Seconds as minutes and seconds: 75.4 → "1:15"."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


@register.filter
def byline(song: Song) -> str:
    """Who composed it, in a few words."""
    return song_byline(song)


@register.filter
def track(song: Song) -> str:
    """What the player needs to know of a song, as JSON; static/player/player.js reads it."""
    return json.dumps(
        {
            "id": song.pk,
            "title": song.title,
            "by": song_byline(song),
            "page": song.get_absolute_url(),
            "seconds": round(song.seconds, 2),
            "sounds": [
                {"url": rendition.get_absolute_url(), "type": rendition.content_type}
                for rendition in song.playable
            ],
            "midi": reverse("generator:song_midi", args=[song.pk]),
            "more": reverse("generator:song_more", args=[song.pk]),
            "picture": reverse("generator:song_png", args=[song.pk]),
            "heard": reverse("generator:song_played", args=[song.pk]),
        }
    )


@register.simple_tag
def song_filters(query: SongQuery, choices: SongChoices) -> list[dict[str, Any]]:
    """The lists to choose from, each with its name, its words and what is chosen."""
    return [
        {"name": name, "label": label, "options": options, "chosen": getattr(query, name)}
        for name, label, options in filters_of(choices)
        if options
    ]


@register.simple_tag
def chosen_filters(query: SongQuery, choices: SongChoices) -> list[dict[str, str]]:
    """What narrows the list, in words, each with the address that lets it go."""
    found = [{"words": f"“{query.q}”", "without": query.address(q="")}] if query.q else []
    if query.checkpoint:
        found.append({"words": query.checkpoint, "without": query.address(checkpoint="")})
    for name, label, options in filters_of(choices):
        value = getattr(query, name)
        if value:
            words = f"{label}: {dict(options).get(value, value)}"
            found.append({"words": words, "without": query.address(**{name: ""})})
    return found


@register.simple_tag
def song_orders(query: SongQuery) -> list[dict[str, Any]]:
    """The orders, each with its address."""
    return [
        {
            "value": value,
            "words": words,
            "address": query.address(order=value, seed=""),
            "on": query.order == value,
        }
        for value, words in order_words()
    ]


@register.simple_tag
def query_page(query: SongQuery, number: int) -> str:
    """The address of a page of a list."""
    address = query.address()
    return f"{address}{'' if address == '?' else '&'}page={number}"


@register.simple_tag(takes_context=True)
def absolute(context: template.Context, name: str, *args: Any) -> str:
    """The whole address of a page, as other sites need it."""
    return str(context["request"].build_absolute_uri(reverse(name, args=args)))
