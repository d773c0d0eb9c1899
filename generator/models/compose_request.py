"""Somebody asked for a song."""

from typing import ClassVar, Self

from django.db import models
from django.urls import reverse

from accounts.models import Listener
from generator.models.song import Song
from training.models import Checkpoint
from training.models.work import Work, WorkQuerySet


class ComposeRequestQuerySet(WorkQuerySet["ComposeRequest"]):
    """Vocabulary about requests for songs."""

    def of_site(self) -> Self:
        """Asked for by the site itself."""
        return self.filter(listener=None)

    def visible_to(self, listener: Listener | None, *, everything: bool = False) -> Self:
        """A listener's own; every one for moderators (`everything`)."""
        if everything:
            return self
        return self.filter(listener=listener) if listener else self.none()


class ComposeRequest(Work):
    """One song asked of one checkpoint.

    Attributes:
        settings: what `musicgen.sampling.settings.SamplingSettings` takes, seed included.
        listener: who asked; nobody if the site itself did.
        song: what came of it.
    """

    queue: ClassVar[str] = "compose"
    job: ClassVar[str] = "generator.jobs.compose.compose_song"
    timeout_seconds: ClassVar[int] = 300

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="compose_requests")
    settings = models.JSONField()
    listener = models.ForeignKey(
        Listener, null=True, blank=True, on_delete=models.SET_NULL, related_name="compose_requests"
    )
    song = models.OneToOneField(
        Song, null=True, blank=True, on_delete=models.SET_NULL, related_name="compose_request"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ComposeRequestQuerySet.as_manager()  # type: ignore[misc]  # knows more than the inherited one

    def __str__(self) -> str:
        return f"request {self.pk} to {self.checkpoint}"

    def get_absolute_url(self) -> str:
        """The page that shows how it goes."""
        return reverse("generator:compose_request", args=[self.pk])

    @property
    def seed(self) -> int:
        """The seed that was given or drawn."""
        return int(self.settings["seed"])

    @property
    def length_seconds(self) -> float:
        """How long a song was asked for."""
        return float(self.settings["length_seconds"])
