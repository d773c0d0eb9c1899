"""What a listener keeps: favourites, what they heard, and collections that they make and share."""

import uuid
from typing import Self

from django.db import models
from django.urls import reverse

from accounts.models import Listener
from generator.models.song import Song


class Favourite(models.Model):
    """A song that a listener wants to find again."""

    listener = models.ForeignKey(Listener, on_delete=models.CASCADE, related_name="favourites")
    song = models.ForeignKey(Song, on_delete=models.CASCADE, related_name="favourites")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["listener", "song"], name="one_favourite_a_song")]

    def __str__(self) -> str:
        return f"{self.song} of {self.listener}"


class Play(models.Model):
    """A song that a listener heard; the last time counts.

    Attributes:
        times: how often.
    """

    listener = models.ForeignKey(Listener, on_delete=models.CASCADE, related_name="plays")
    song = models.ForeignKey(Song, on_delete=models.CASCADE, related_name="plays")
    times = models.PositiveIntegerField(default=1)
    played_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["listener", "song"], name="one_play_a_song")]
        indexes = [models.Index(fields=["listener", "-played_at"], name="heard_last")]

    def __str__(self) -> str:
        return f"{self.listener} heard {self.song}"


class CollectionQuerySet(models.QuerySet["Collection"]):
    """Vocabulary about collections."""

    def shared(self) -> Self:
        """What everybody finds."""
        return self.filter(is_shared=True)

    def visible_to(self, listener: Listener | None) -> Self:
        """What is shared, and a listener's own."""
        own = models.Q(listener=listener) if listener else models.Q(pk__in=[])
        return self.filter(models.Q(is_shared=True) | own)


class Collection(models.Model):
    """Songs that a listener put together, in their order.

    Attributes:
        is_shared: whether everybody finds it; otherwise only its owner sees it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    listener = models.ForeignKey(Listener, on_delete=models.CASCADE, related_name="collections")
    title = models.CharField(max_length=100)
    description = models.TextField(max_length=1000, blank=True)
    is_shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CollectionQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["is_shared", "-updated_at"], name="collection_shared")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The collection's page."""
        return reverse("generator:collection", args=[self.pk])


class CollectionItem(models.Model):
    """One song of a collection."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="items")
    song = models.ForeignKey(Song, on_delete=models.CASCADE, related_name="collection_items")
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["collection", "song"], name="one_item_a_song")]

    def __str__(self) -> str:
        return f"{self.song} in {self.collection}"
