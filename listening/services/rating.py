"""Ratings are given, changed, taken back, and follow a listener who signs in.

Each keeps the song's own count and sum of stars true, in the same transaction.
"""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import Count, Sum

from accounts.models import Listener
from generator.models import Song
from listening.models import Rating
from listening.models.rating import CRITERIA, MOST_STARS


class StarsError(ValueError):
    """A rating is not one to five stars."""


@transaction.atomic
def rating_set(
    *, song: Song, listener: Listener, stars: int, criteria: Mapping[str, int | None] | None = None
) -> Rating:
    """The listener gives the song so many stars, in the place of what they gave before.

    Args:
        criteria: marks for some of `CRITERIA`, None to take one back; those not named stay as they were.

    Raises:
        StarsError: not one to five, or a mark for something else.
    """
    marks = dict(criteria or {})
    if marks.keys() - set(CRITERIA):
        raise StarsError(f"Marks are given for {', '.join(CRITERIA)}, not for {', '.join(sorted(marks))}.")
    for given in (stars, *(mark for mark in marks.values() if mark is not None)):
        if not 1 <= given <= MOST_STARS:
            raise StarsError(f"A song is given 1 to {MOST_STARS} stars, not {given}.")
    held = _hold(song)
    rating, _ = Rating.objects.update_or_create(
        song=held, listener=listener, defaults={"stars": stars, **marks}
    )
    _count(held)
    return rating


@transaction.atomic
def rating_remove(*, song: Song, listener: Listener) -> None:
    """The listener takes their stars back."""
    held = _hold(song)
    Rating.objects.filter(song=held, listener=listener).delete()
    _count(held)


@transaction.atomic
def ratings_merge(*, source: Listener, target: Listener) -> None:
    """Give one listener's ratings to another; of two for the same song the newer one stays."""
    kept = {rating.song_id: rating for rating in Rating.objects.filter(listener=target)}
    for rating in Rating.objects.filter(listener=source).select_related("song"):
        held = _hold(rating.song)
        theirs = kept.get(rating.song_id)
        if theirs is not None and theirs.updated_at >= rating.updated_at:
            rating.delete()
        else:
            if theirs is not None:
                theirs.delete()
            # By update: the time of the rating is when it was given, not when its giver signed in.
            Rating.objects.filter(pk=rating.pk).update(listener=target)
        _count(held)


def _hold(song: Song) -> Song:
    """The song's row, locked: two ratings at once are counted one after the other."""
    return Song.objects.select_for_update().get(pk=song.pk)


def _count(song: Song) -> None:
    totals = Rating.objects.filter(song=song).aggregate(count=Count("pk"), total=Sum("stars"))
    Song.objects.filter(pk=song.pk).update(rating_count=totals["count"], rating_sum=totals["total"] or 0)
