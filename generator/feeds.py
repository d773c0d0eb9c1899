"""Feeds of new and best songs, with their sound: for readers and for podcast players."""

from datetime import datetime
from typing import Any, Final

from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from generator.models import AudioFormat, Rendition, Song
from generator.selectors import SongOrder, SongQuery, found_songs, song_byline, songs_in_order

FEED_SONGS: Final = 30
# What podcast players play, the most widely known first; FLAC is there before the others.
_FORMATS: Final = (AudioFormat.MP3, AudioFormat.OPUS, AudioFormat.FLAC)


class SongFeed(Feed[Song, None]):
    """The songs of one order."""

    feed_type = Rss201rev2Feed
    title: str | Promise = _("musicgen: new songs")
    description: str | Promise = _("The newest pieces that networks composed.")
    order = SongOrder.NEWEST

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The feed; its addresses are those under which it was asked for."""
        self.origin = request.build_absolute_uri("/").rstrip("/")
        return super().__call__(request, *args, **kwargs)

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Nothing but the songs themselves."""

    def link(self) -> str:
        """The list that the feed follows."""
        return reverse("generator:song_list") + SongQuery(order=self.order).address()

    def items(self) -> list[Song]:
        """The first songs of the order."""
        numbers = found_songs(SongQuery(order=self.order)).values_list("pk", flat=True)[:FEED_SONGS]
        return songs_in_order(list(numbers))

    def item_title(self, item: Song) -> str:
        """The song's own."""
        return item.title

    def item_description(self, item: Song) -> str:
        """By whom, and how long."""
        return gettext("Composed by %(by)s; %(seconds)s seconds.") % {
            "by": song_byline(item),
            "seconds": round(item.seconds),
        }

    def item_link(self, item: Song) -> str:
        """The song's page."""
        return item.get_absolute_url()

    def item_pubdate(self, item: Song) -> datetime:
        """When it was composed."""
        return item.created_at

    def item_enclosure_url(self, item: Song) -> str | None:
        """Its sound."""
        sound = _sound(item)
        return f"{self.origin}{sound.get_absolute_url()}" if sound else None

    def item_enclosure_length(self, item: Song) -> int:
        """Its size in bytes."""
        sound = _sound(item)
        return sound.bytes if sound else 0

    def item_enclosure_mime_type(self, item: Song) -> str:
        """Its media type."""
        sound = _sound(item)
        return sound.content_type if sound else ""


class BestSongFeed(SongFeed):
    """The songs that listeners like best."""

    title = _("musicgen: best songs")
    description = _("The pieces that listeners gave the most stars.")
    order = SongOrder.BEST


def _sound(song: Song) -> Rendition | None:
    by_format = {rendition.format: rendition for rendition in song.renditions.all()}
    return next((by_format[name] for name in _FORMATS if name in by_format), None)
