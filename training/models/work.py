"""Work that a queue does for a row: its state, progress, heartbeat and end.

Abstract: a dataset being taken in, a run, a song being composed or rendered each are a row
of work. The row is the truth; the job on the queue only says that it is somebody's turn.
"""

import uuid
from typing import Any, ClassVar, Generic, Self, TypeVar

from django.db import models
from django.db.models import Q
from django.utils import timezone


class WorkState(models.TextChoices):
    """Where a row of work stands."""

    QUEUED = "queued", "waiting"
    RUNNING = "running", "running"
    FINISHED = "finished", "finished"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"


ACTIVE_STATES = (WorkState.QUEUED, WorkState.RUNNING)


W = TypeVar("W", bound="Work")


class WorkQuerySet(models.QuerySet[W], Generic[W]):
    """Vocabulary about rows of work."""

    def active(self) -> Self:
        """Waiting or running."""
        return self.filter(state__in=ACTIVE_STATES)

    def queued(self) -> Self:
        """Waiting for a worker."""
        return self.filter(state=WorkState.QUEUED)

    def running(self) -> Self:
        """In a worker's hands."""
        return self.filter(state=WorkState.RUNNING)

    def ahead_of(self, row: "Work") -> Self:
        """Waiting rows whose turn comes before this one's."""
        before = Q(queued_at__lt=row.queued_at) | Q(queued_at=row.queued_at, pk__lt=row.pk)
        return self.queued().filter(before)


class Work(models.Model):
    """A row that a worker takes, works on and ends.

    A concrete model says which queue it waits on and which function does it.
    """

    queue: ClassVar[str]
    job: ClassVar[str]  # dotted name of the function that takes the row's id
    timeout_seconds: ClassVar[int] = 600
    max_deaths: ClassVar[int] = 3  # so many dead runners, and the row fails

    state = models.CharField(
        max_length=10, choices=WorkState.choices, default=WorkState.QUEUED, db_index=True
    )
    progress = models.FloatField(default=0.0, help_text="0 to 1")
    message = models.CharField(max_length=200, blank=True, help_text="what is being done right now")
    reason = models.TextField(blank=True, help_text="why it failed, for a person")
    attempts = models.PositiveIntegerField(default=0)
    deaths = models.PositiveSmallIntegerField(default=0, help_text="runners lost since it was asked for")
    claim = models.UUIDField(null=True, blank=True, help_text="names the one runner that may write")
    cancel_requested = models.BooleanField(default=False)
    queued_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = WorkQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def queue_name(self) -> str:
        """The queue that this row waits on."""
        return self.queue

    @classmethod
    def queue_names(cls) -> tuple[str, ...]:
        """Every queue that rows of this kind may wait on."""
        return (cls.queue,)

    @property
    def job_id(self) -> str:
        """The job's name on the queue: one for each attempt."""
        return f"{self._meta.model_name}-{self.pk}-{self.attempts}"

    @property
    def is_active(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ACTIVE_STATES

    @property
    def queue_position(self) -> int:
        """How many rows of this kind wait before this one; 0 means that it is next."""
        manager: WorkQuerySet[Any] = type(self)._default_manager.all()
        return manager.ahead_of(self).count() if self.state == WorkState.QUEUED else 0


def new_claim() -> uuid.UUID:
    """A name for a runner that no other has."""
    return uuid.uuid4()
