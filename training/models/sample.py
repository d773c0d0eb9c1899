"""Pieces that a run composed on the way, from the same seeds at every checkpoint."""

from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.db import models

from training.models.run import Run
from training.models.work import Work


class RunSample(Work):
    """One such piece: its MIDI lies in the run's folder, and it is played into a sound file.

    Attributes:
        statistics: measures by name, as `musicgen.statistics` writes them.
    """

    queue: ClassVar[str] = "render"
    job: ClassVar[str] = "training.jobs.sound.sample_render"
    timeout_seconds: ClassVar[int] = 600

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="samples")
    step = models.PositiveIntegerField()
    seed = models.PositiveIntegerField()
    note_count = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0.0)
    statistics = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-step", "seed"]
        constraints = [
            models.UniqueConstraint(fields=["run", "step", "seed"], name="training_run_sample_once")
        ]

    def __str__(self) -> str:
        return f"{self.run}, step {self.step}, seed {self.seed}"

    @property
    def folder(self) -> Path:
        """Its MIDI and sound."""
        return sample_folder(self.run_id, self.step, self.seed)

    @property
    def midi_path(self) -> Path:
        """Its MIDI file."""
        return self.folder / "song.mid"

    @property
    def path(self) -> Path:
        """Its sound file."""
        return self.folder / "song.opus"


def sample_folder(run_id: int, step: int, seed: int) -> Path:
    """Where a sample is kept."""
    return Path(settings.DATA_DIR, "runs", str(run_id), "samples", f"step-{step:08d}-seed-{seed}")
