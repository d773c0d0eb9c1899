"""The checkpoints of a run, measured beside the music that it learned from."""

from typing import Any, ClassVar

from django.db import models

from training.models import Run
from training.models.work import Work


class StepMeasurement(Work):
    """What `musicgen evaluate` finds of a run's checkpoints; done again when somebody asks for it.

    Attributes:
        result: the file that the command writes.
    """

    queue: ClassVar[str] = "train"
    job: ClassVar[str] = "listening.jobs.steps.steps_measure"
    timeout_seconds: ClassVar[int] = 4 * 3600
    max_deaths: ClassVar[int] = 1  # what kills a worker once would again

    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="step_measurement")
    result: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"measurement of {self.run}"
