"""Somebody asked for a song: one take of it."""

from datetime import timedelta
from typing import ClassVar, Final, Self

from django.db import models
from django.db.models import Case, Count, F, IntegerField, OuterRef, Subquery, Value, When, Window
from django.db.models.functions import Coalesce, RowNumber
from django.urls import reverse
from django.utils import timezone

from accounts.models import Listener
from generator.models.draft import Draft
from generator.models.prompt import Prompt
from generator.models.song import Song
from training.models import Checkpoint
from training.models.work import Work, WorkQuerySet, WorkState

REMEMBERED_SECONDS: Final = 60  # for so long a turn that a listener had is counted


class ComposeTask(models.TextChoices):
    """What is asked of the network."""

    COMPOSE = "compose", "compose"
    CONTINUE = "continue", "continue"
    VARY = "vary", "vary"
    INFILL = "infill", "fill in"
    ACCOMPANY = "accompany", "accompany"


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

    def in_fair_order(self) -> Self:
        """Those that wait, one of each listener in turn; what the site asks for itself comes last.

        A listener who asks for eight takes thus does not keep another waiting behind all of them.
        Takes that were begun a moment ago count as turns that their listener has had.
        """
        lately = timezone.now() - timedelta(seconds=REMEMBERED_SECONDS)
        had = (
            ComposeRequest.objects.filter(listener=OuterRef("listener"), started_at__gt=lately)
            .order_by()
            .values("listener")
            .annotate(count=Count("pk"))
            .values("count")
        )
        place = Window(RowNumber(), partition_by=F("listener"), order_by=["queued_at", "pk"])
        turn = place + Coalesce(Subquery(had, output_field=IntegerField()), 0)
        is_of_site = Case(When(listener=None, then=Value(1)), default=Value(0))
        return (
            self.queued()
            .annotate(turn=turn, is_of_site=is_of_site)
            .order_by("is_of_site", "turn", "queued_at", "pk")
        )


class ComposeRequest(Work):
    """One take asked of one checkpoint.

    Attributes:
        settings: what `musicgen.sampling.settings.SamplingSettings` takes, seed included.
        listener: who asked; nobody if the site itself did.
        song: what came of it.
        draft: the takes that it stands beside, for a listener who tries several.
        parent: the take that it goes on from.
        task, prompt, passage: what the network begins from, and where in it.
        program: the General MIDI program that all its instruments are played with; None as composed.
        keep_requested: stop here, and keep what there is.
        stopped_after: how many steps it was let go before it was stopped; None if it ended by itself.
        publishes: whether its song is shown to everybody once it can be heard.
        first_notes_at: when the first of its notes could be heard.
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
    draft = models.ForeignKey(Draft, null=True, blank=True, on_delete=models.SET_NULL, related_name="takes")
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="children"
    )
    task = models.CharField(max_length=10, choices=ComposeTask.choices, default=ComposeTask.COMPOSE)
    prompt = models.ForeignKey(
        Prompt, null=True, blank=True, on_delete=models.PROTECT, related_name="compose_requests"
    )
    passage = models.JSONField(default=dict, blank=True, help_text="from_seconds and to_seconds")
    program = models.PositiveSmallIntegerField(null=True, blank=True)
    keep_requested = models.BooleanField(default=False)
    stopped_after = models.PositiveIntegerField(null=True, blank=True)
    publishes = models.BooleanField(default=True)
    first_notes_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ComposeRequestQuerySet.as_manager()  # type: ignore[misc]  # knows more than the inherited one

    class Meta:
        indexes = [models.Index(fields=["listener", "created_at"], name="asked_by_listener")]

    def __str__(self) -> str:
        return f"request {self.pk} to {self.checkpoint}"

    def get_absolute_url(self) -> str:
        """The page that shows how it goes."""
        if self.draft_id is not None:
            return reverse("generator:draft", args=[self.draft_id])
        return reverse("generator:compose_request", args=[self.pk])

    @property
    def seed(self) -> int:
        """The seed that was given or drawn."""
        return int(self.settings["seed"])

    @property
    def length_seconds(self) -> float:
        """How long a song was asked for."""
        return float(self.settings["length_seconds"])

    @property
    def queue_position(self) -> int:
        """How many are composed before this one; 0 means that it is next."""
        if not self.is_waiting:
            return 0
        waiting = list(type(self).objects.in_fair_order().values_list("pk", flat=True))
        return waiting.index(self.pk) if self.pk in waiting else 0

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has begun with it."""
        return self.state == WorkState.QUEUED
