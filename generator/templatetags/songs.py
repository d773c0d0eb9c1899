"""How songs are written on pages."""

import json

from django import template

from generator.models import Song
from generator.names import network_label

register = template.Library()

register.filter("network_label", network_label)


@register.filter
def clock(seconds: float) -> str:
    """Seconds as minutes and seconds: 75.4 → "1:15"."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


@register.filter
def sounds(song: Song) -> str:
    """The addresses and types of what a page can play of a song, as JSON."""
    return json.dumps(
        [{"url": rendition.get_absolute_url(), "type": rendition.content_type} for rendition in song.playable]
    )
