"""Workers that are there, and what each has."""

from datetime import timedelta
from typing import Final

from django.db import models
from django.utils import timezone

SEEN_SECONDS: Final = 45.0  # without a sign of life a worker is taken for gone


class WorkerQuerySet(models.QuerySet["Worker"]):
    """Vocabulary about workers."""

    def present(self) -> "WorkerQuerySet":
        """Those that gave a sign of life lately."""
        return self.filter(seen_at__gte=timezone.now() - timedelta(seconds=SEEN_SECONDS))


class Worker(models.Model):
    """A worker process on some machine.

    Attributes:
        name: host and process.
        gpus: name and memory_mb of each.
    """

    name = models.CharField(max_length=200, unique=True)
    host = models.CharField(max_length=200)
    queue = models.CharField(max_length=20)
    cpus = models.PositiveIntegerField()
    memory_mb = models.PositiveIntegerField()
    gpus = models.JSONField(default=list)
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)

    objects = WorkerQuerySet.as_manager()

    class Meta:
        ordering = ["host", "queue", "name"]

    def __str__(self) -> str:
        return self.name
