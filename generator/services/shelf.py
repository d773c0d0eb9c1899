"""What a listener keeps: favourites, plays, collections."""

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from accounts.models import Listener
from generator.models import Collection, CollectionItem, Favourite, Play, Song


def favourite_set(*, listener: Listener, song: Song) -> None:
    """Keep a song among the favourites; kept already, it stays."""
    Favourite.objects.get_or_create(listener=listener, song=song)


def favourite_remove(*, listener: Listener, song: Song) -> None:
    """Let it go from the favourites."""
    Favourite.objects.filter(listener=listener, song=song).delete()


@transaction.atomic
def play_record(*, listener: Listener, song: Song) -> Play:
    """The listener heard the song. A listener counts once for a song, however often they hear it."""
    now = timezone.now()
    play, is_new = Play.objects.get_or_create(listener=listener, song=song, defaults={"played_at": now})
    if is_new:
        Song.objects.filter(pk=song.pk).update(play_count=F("play_count") + 1)
    else:
        Play.objects.filter(pk=play.pk).update(times=F("times") + 1, played_at=now)
    return play


def history_forget(*, listener: Listener) -> None:
    """Forget what the listener heard. How many heard a song stays as it was."""
    Play.objects.filter(listener=listener).delete()


def collection_create(
    *, listener: Listener, title: str, description: str = "", is_shared: bool = False
) -> Collection:
    """Begin a collection."""
    return Collection.objects.create(
        listener=listener, title=title, description=description, is_shared=is_shared
    )


def collection_update(*, collection: Collection, title: str, description: str, is_shared: bool) -> None:
    """Call it something else, say something else about it, share it or keep it to oneself."""
    collection.title, collection.description, collection.is_shared = title, description, is_shared
    collection.save()


def collection_delete(*, collection: Collection) -> None:
    """Take it apart; its songs stay where they are."""
    collection.delete()


@transaction.atomic
def collection_add(*, collection: Collection, song: Song) -> CollectionItem:
    """Put a song at the end; there already, it stays where it is."""
    held = Collection.objects.select_for_update().get(pk=collection.pk)
    last = held.items.aggregate(last=Max("position"))["last"]
    item, is_new = CollectionItem.objects.get_or_create(
        collection=held, song=song, defaults={"position": 0 if last is None else last + 1}
    )
    if is_new:
        held.save(update_fields=["updated_at"])
    return item


@transaction.atomic
def collection_remove(*, collection: Collection, song: Song) -> None:
    """Take a song out."""
    CollectionItem.objects.filter(collection=collection, song=song).delete()
    collection.save(update_fields=["updated_at"])


@transaction.atomic
def shelves_merge(*, source: Listener, target: Listener) -> None:
    """Give one listener's favourites, plays and collections to another; a song is kept once."""
    kept = Favourite.objects.filter(listener=target).values("song")
    Favourite.objects.filter(listener=source).exclude(song__in=kept).update(listener=target)
    heard = Play.objects.filter(listener=target).values("song")
    for play in Play.objects.filter(listener=source, song__in=heard):
        mine = Play.objects.get(listener=target, song=play.song_id)
        mine.times += play.times
        mine.played_at = max(mine.played_at, play.played_at)
        mine.save()
        Song.objects.filter(pk=play.song_id).update(play_count=F("play_count") - 1)
        play.delete()
    Play.objects.filter(listener=source).update(listener=target)
    Collection.objects.filter(listener=source).update(listener=target)
