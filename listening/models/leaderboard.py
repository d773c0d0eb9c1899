"""Leaderboards as they were last computed, and the work that keeps the tests going."""

from typing import ClassVar

from django.db import models

from training.models.work import Work


class LeaderboardTable(models.Model):
    """One leaderboard, ready to be shown.

    Attributes:
        name: "grouping/selection".
        content: a `musicgen.statistics.judgment.Board`, in JSON.
        version: counts computations; every export names its own.
    """

    name = models.CharField(max_length=60, unique=True)
    content = models.JSONField()
    version = models.PositiveIntegerField(default=1)
    computed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"leaderboard {self.name}"


class ChoreKind(models.TextChoices):
    """What there is to do in the background."""

    ANCHORS = "anchors", "bring real music and random notes onto the site"
    LEADERBOARD = "leaderboard", "compute the leaderboards"


class Chore(Work):
    """Work of which there is one of each kind, done again whenever it is due."""

    queue: ClassVar[str] = "encode"
    job: ClassVar[str] = "listening.jobs.chores.chore_do"
    timeout_seconds: ClassVar[int] = 1800

    kind = models.CharField(max_length=12, choices=ChoreKind, unique=True)
    seen = models.JSONField(default=dict, blank=True, help_text="what it had seen when it was last done")

    def __str__(self) -> str:
        return self.get_kind_display()
