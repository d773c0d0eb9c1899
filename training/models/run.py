"""Runs: one training of one network on one corpus."""

from pathlib import Path
from typing import Any, ClassVar, Final

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from training.models.corpus import Corpus
from training.models.dataset import Dataset, Visibility
from training.models.work import Work, WorkQuerySet, WorkState

GPU_QUEUE: Final = "train-gpu"


class RunQuerySet(WorkQuerySet["Run"]):
    """Vocabulary about runs."""

    def listed_for(self, user: Any, *, everything: bool = False) -> "RunQuerySet":
        """What a list shows this user: runs on public datasets, on their own, and their own runs."""
        if everything:
            return self
        own = models.Q(owner=user.pk) | models.Q(dataset__owner=user.pk) if user.pk else models.Q(pk__in=[])
        return self.filter(models.Q(dataset__visibility=Visibility.PUBLIC) | own)

    def with_names(self) -> "RunQuerySet":
        """With what a list of runs shows of others."""
        return self.select_related("dataset", "owner")


class Run(Work):
    """One training of one network. Stopped and going on again, it stays the same run."""

    queue: ClassVar[str] = "train"
    job: ClassVar[str] = "training.jobs.train.run_train"
    timeout_seconds: ClassVar[int] = 24 * 3600

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="runs")
    corpus = models.ForeignKey(Corpus, null=True, blank=True, on_delete=models.PROTECT, related_name="runs")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="runs"
    )
    network = models.CharField(max_length=40)
    representation = models.CharField(max_length=40, default="chords")
    settings = models.JSONField(help_text="as musicgen.learning.TrainSettings writes them")
    corpus_options = models.JSONField(default=dict, help_text="what the corpus is prepared with")
    dataset_version = models.PositiveIntegerField(default=1)
    environment = models.JSONField(default=dict, help_text="code, libraries and machine that trained it last")
    needs_gpu = models.BooleanField(default=False)
    needs_memory_mb = models.PositiveIntegerField(default=0, help_text="0: any worker will do")
    take_samples = models.BooleanField(default=False, help_text="pieces are composed at each checkpoint")
    is_extension = models.BooleanField(default=False, help_text="goes on where `cloned_from` ended")
    notes = models.TextField(_("notes"), blank=True)
    tags = models.JSONField(default=list, help_text="words to find it by")
    cloned_from = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="clones"
    )

    # The newest line of its metrics, so that lists need not read files.
    step = models.PositiveIntegerField(default=0)
    total_steps = models.PositiveIntegerField(default=0)
    epoch = models.FloatField(default=0.0)
    train_loss = models.FloatField(null=True, blank=True, help_text="nats per token")
    validation_loss = models.FloatField(null=True, blank=True, help_text="nats per token")
    tokens_per_second = models.FloatField(default=0.0)
    trained_seconds = models.FloatField(default=0.0, help_text="over all times it was started")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = RunQuerySet.as_manager()  # type: ignore[misc]  # knows more than the inherited one

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"run {self.pk}"

    @property
    def queue_name(self) -> str:
        """Workers with a GPU have a queue of their own."""
        return GPU_QUEUE if self.needs_gpu else self.queue

    @classmethod
    def queue_names(cls) -> tuple[str, ...]:
        """Those of workers with a GPU and without."""
        return (cls.queue, GPU_QUEUE)

    def get_absolute_url(self) -> str:
        """The run's page."""
        return reverse("training:run", args=[self.pk])

    @property
    def folder(self) -> Path:
        """Its metrics, log, curves and what it goes on from."""
        return run_folder(self.pk)

    @property
    def log_path(self) -> Path:
        """What the training wrote for people to read."""
        return self.folder / "log.txt"

    @property
    def is_stopping(self) -> bool:
        """Asked to stop, and not there yet."""
        return self.cancel_requested and self.state == WorkState.RUNNING

    @property
    def can_resume(self) -> bool:
        """Stopped or failed: it can go on from its last saved state."""
        return self.state in (WorkState.CANCELLED, WorkState.FAILED)

    @property
    def seconds_left(self) -> float | None:
        """How long the rest takes at the pace so far, if it does not stop early."""
        if self.state != WorkState.RUNNING or not self.step or not self.trained_seconds:
            return None
        return (self.total_steps - self.step) * self.trained_seconds / self.step


def run_folder(run_id: int) -> Path:
    """Where a run keeps its files."""
    return Path(settings.DATA_DIR, "runs", str(run_id))
