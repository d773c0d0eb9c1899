"""Corpora: datasets prepared for one representation, kept for every run that wants the same."""

from pathlib import Path

from django.conf import settings
from django.db import models

from training.models.dataset import Dataset


class Corpus(models.Model):
    """A dataset prepared for one representation with certain options."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="corpora")
    representation = models.CharField(max_length=40)
    options = models.JSONField(default=dict, help_text="what it was prepared with")
    options_key = models.CharField(max_length=16, help_text="short digest of the options")
    corpus_hash = models.CharField(max_length=64)
    piece_counts = models.JSONField(default=dict, help_text="pieces by split")
    token_counts = models.JSONField(default=dict, help_text="tokens by split")
    vocabulary_size = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "corpora"
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "representation", "options_key"], name="training_corpus_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.dataset} as {self.representation}"

    @property
    def folder(self) -> Path:
        """Its shards, vocabulary and manifest."""
        return corpus_folder(self.dataset, self.representation, self.options_key)


def corpus_folder(dataset: Dataset, representation: str, options_key: str) -> Path:
    """Where the corpus of these options is kept."""
    return Path(settings.DATA_DIR, "corpora", f"{dataset.pk}-{representation}-{options_key}")
