"""Checkpoints: saved weights that music can be composed from."""

from pathlib import Path

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext as _

from musicgen.learning.shipped import SHIPPED_FOLDER, run_of
from training import shared
from training.models.dataset import Dataset
from training.models.run import Run


class CheckpointQuerySet(models.QuerySet["Checkpoint"]):
    """Vocabulary about checkpoints."""

    def published(self) -> "CheckpointQuerySet":
        """What anyone may compose from: the shipped first, then the newest and best."""
        return (
            self.filter(is_published=True)
            .select_related("dataset", "run")
            .order_by(models.F("run").desc(nulls_first=True), "-is_best", "title", "-step", "slug")
        )


class Checkpoint(models.Model):
    """Saved weights with everything needed to compose, learned by a run or shipped with the project."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=200)
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.PROTECT, related_name="checkpoints")
    dataset = models.ForeignKey(
        Dataset, null=True, blank=True, on_delete=models.PROTECT, related_name="checkpoints"
    )
    network = models.CharField(max_length=40)
    representation = models.CharField(max_length=40)
    step = models.PositiveIntegerField()
    weights_sha256 = models.CharField(max_length=64)
    corpus_hash = models.CharField(max_length=64)
    parameters = models.PositiveBigIntegerField()
    metrics = models.JSONField(default=dict, help_text="figures by split, nats per token and per note")
    is_best = models.BooleanField(default=False, help_text="the lowest validation loss of its run")
    is_published = models.BooleanField(default=True, help_text="anyone may compose from it")
    provenance = models.JSONField(
        default=dict, help_text="dataset, version, licence and source of what it learned from"
    )
    created_at = models.DateTimeField()

    objects = CheckpointQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.label

    def get_absolute_url(self) -> str:
        """The checkpoint's page."""
        return reverse("training:checkpoint", args=[self.slug])

    @property
    def is_shipped(self) -> bool:
        """Whether it came with the project."""
        return self.run_id is None and not self.provenance.get("loaded")

    @property
    def label(self) -> str:
        """What a person picks it by."""
        if self.is_shipped and self.is_best:
            return self.title
        if not self.step:
            return _("%(title)s, untrained") % {"title": self.title}
        label = _("%(title)s, step %(step)s") % {"title": self.title, "step": f"{self.step:,}"}
        return _("%(label)s (best)") % {"label": label} if self.is_best else label

    @property
    def papers(self) -> Path:
        """The folder with the model card and the curve: those shipped along a run's way share its."""
        return SHIPPED_FOLDER / run_of(self.slug) if self.is_shipped else self.path

    @property
    def path(self) -> Path:
        """The folder with checkpoint.json and weights.safetensors."""
        if self.is_shipped:
            return SHIPPED_FOLDER / self.slug
        return shared.fetch_folder(checkpoint_folder(self.slug))


def checkpoint_folder(slug: str) -> Path:
    """Where a run's checkpoint is kept, apart from the run, which may thin out its own."""
    return Path(settings.DATA_DIR, "checkpoints", slug)
