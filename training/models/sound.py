"""The sound of a dataset's file, made when somebody first wants to hear it."""

from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.db import models

from training.models.dataset import Dataset
from training.models.work import Work


class FileSound(Work):
    """One file of a dataset, by its content, played into a sound file on demand."""

    queue: ClassVar[str] = "render"
    job: ClassVar[str] = "training.jobs.sound.file_render"
    timeout_seconds: ClassVar[int] = 600

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="sounds")
    sha256 = models.CharField(max_length=64)
    loudness_lufs = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "sha256"], name="training_file_sound_once")]

    def __str__(self) -> str:
        return f"sound of {self.sha256[:12]}"

    @property
    def folder(self) -> Path:
        """Where the sound file is."""
        return Path(settings.DATA_DIR, "datasets", str(self.dataset_id), "sounds", self.sha256)

    @property
    def path(self) -> Path:
        """The sound file."""
        return self.folder / "song.opus"
