"""What listeners think of a song, and what this one does."""

from dataclasses import dataclass

from accounts.models import Listener
from generator.models import Song
from listening.models import Rating
from listening.models.rating import CRITERIA


@dataclass(frozen=True)
class SongStars:
    """A song's stars.

    Attributes:
        mean: None while nobody rated it.
        count: how many listeners did.
        own: stars of the listener who looks; None if they gave none.
        criteria: (key, words, mark) of what they may say besides; a mark is None where they gave none.
    """

    mean: float | None
    count: int
    own: int | None
    criteria: tuple[tuple[str, str, int | None], ...]


def song_stars(song: Song, listener: Listener | None) -> SongStars:
    """A song's stars as this listener sees them."""
    own = Rating.objects.filter(song=song, listener=listener).first() if listener else None
    return SongStars(
        mean=song.rating_mean,
        count=song.rating_count,
        own=own.stars if own else None,
        criteria=tuple((key, str(words), getattr(own, key, None)) for key, words in CRITERIA.items()),
    )
