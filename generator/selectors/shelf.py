"""What a listener kept and heard."""

from collections.abc import Iterable
from typing import Final

from accounts.models import Listener
from generator.models import Favourite, Play, Song
from generator.selectors.finding import songs_in_order

MOST_SHOWN: Final = 200  # of favourites and of what was heard, the newest


def favourite_numbers(listener: Listener | None, songs: Iterable[Song]) -> frozenset[int]:
    """Which of these songs are the listener's favourites."""
    if listener is None:
        return frozenset()
    kept = Favourite.objects.filter(listener=listener, song__in=[song.pk for song in songs])
    return frozenset(kept.values_list("song_id", flat=True))


def favourite_songs(listener: Listener | None) -> list[Song]:
    """The listener's favourites that they may hear, the last one kept first."""
    if listener is None:
        return []
    kept = (
        Favourite.objects.filter(listener=listener).order_by("-created_at").values_list("song_id", flat=True)
    )
    return _visible(listener, list(kept[:MOST_SHOWN]))


def heard_songs(listener: Listener | None) -> list[Song]:
    """What the listener heard, the last one first."""
    if listener is None:
        return []
    heard = Play.objects.filter(listener=listener).order_by("-played_at").values_list("song_id", flat=True)
    return _visible(listener, list(heard[:MOST_SHOWN]))


def _visible(listener: Listener, numbers: list[int]) -> list[Song]:
    allowed = set(Song.objects.visible_to(listener).filter(pk__in=numbers).values_list("pk", flat=True))
    return songs_in_order([number for number in numbers if number in allowed])
