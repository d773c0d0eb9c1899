"""Somebody asked for a song: one take of it. And whose turn it is at a compose worker."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Self

from django.db import models
from django.urls import reverse
from django.utils import timezone

from accounts.models import Listener
from generator.models.draft import Draft
from generator.models.prompt import Prompt
from generator.models.reproduction import Reproduction
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

    def of_listeners(self) -> Self:
        """Asked for by somebody who waits to hear it."""
        return self.exclude(listener=None)

    def visible_to(self, listener: Listener | None, *, everything: bool = False) -> Self:
        """A listener's own; every one for moderators (`everything`)."""
        if everything:
            return self
        return self.filter(listener=listener) if listener else self.none()


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
        mine = (ComposeRequest, self.pk)
        waiting = [(turn.model, turn.pk) for turn in waiting_turns()]
        return waiting.index(mine) if mine in waiting else 0

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has begun with it."""
        return self.state == WorkState.QUEUED


@dataclass(frozen=True, slots=True)
class Turn:
    """A row that waits for a compose worker.

    Attributes:
        model, pk: the row.
        listener: who asked for it; nobody if the site itself did.
        queued_at: since when it waits.
    """

    model: type[ComposeRequest] | type[Reproduction]
    pk: int
    listener: int | None
    queued_at: datetime


def waiting_turns() -> list[Turn]:
    """Takes and reproductions that wait, one of each listener in turn; what the site asks for comes last.

    A listener who asks for eight takes thus does not keep another waiting behind all of them.
    What was begun a moment ago counts as a turn that its listener has had.
    """
    lately = timezone.now() - timedelta(seconds=REMEMBERED_SECONDS)
    had: Counter[int | None] = Counter()
    turns: list[Turn] = []
    for model in (ComposeRequest, Reproduction):
        rows: models.QuerySet[Any] = model._default_manager.order_by()
        had.update(rows.filter(started_at__gt=lately).values_list("listener", flat=True))
        waiting = rows.filter(state=WorkState.QUEUED).values_list("pk", "listener", "queued_at")
        turns += [Turn(model, *row) for row in waiting]
    places: dict[Turn, int] = {}
    for turn in sorted(turns, key=lambda turn: (turn.queued_at, turn.pk)):
        had[turn.listener] += 1
        places[turn] = had[turn.listener]
    return sorted(turns, key=lambda turn: (turn.listener is None, places[turn], turn.queued_at, turn.pk))


def somebody_waits() -> bool:
    """Whether a listener waits for a compose worker."""
    return (
        ComposeRequest.objects.queued().of_listeners().exists()
        or Reproduction.objects.queued().exclude(listener=None).exists()
    )
