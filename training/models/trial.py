"""Trials: a training is begun for a minute to say how long the whole takes and how much memory."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from training.models.dataset import Dataset
from training.models.work import Work


class Trial(Work):
    """A short beginning of a training on this machine, thrown away once it is measured."""

    queue: ClassVar[str] = "ingest"
    job: ClassVar[str] = "training.jobs.trial.trial_measure"
    timeout_seconds: ClassVar[int] = 3600
    max_deaths: ClassVar[int] = 1  # what kills a worker once would again: that is the answer

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="trials")
    dataset_version = models.PositiveIntegerField(default=1)
    representation = models.CharField(max_length=40)
    settings = models.JSONField()
    corpus_options = models.JSONField(default=dict)
    result = models.JSONField(default=dict, help_text="steps, seconds and memory that were measured")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"trial {self.pk}"

    @property
    def shown(self) -> dict[str, Any]:
        """The result for a page."""
        return dict(self.result)
