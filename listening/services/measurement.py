"""A run's checkpoints are measured when somebody asks for it."""

from django.db import transaction

from listening.models import StepMeasurement
from training.models import Run
from training.services import work_enqueue, work_requeue

LEAST_CHECKPOINTS = 2  # of one there is nothing to follow


@transaction.atomic
def measurement_ask(*, run: Run) -> StepMeasurement:
    """Measure the run's checkpoints, again if they were; asked twice while it goes on, once."""
    measurement, is_new = StepMeasurement.objects.get_or_create(run=run)
    if is_new:
        work_enqueue(row=measurement)
    elif not measurement.is_active:
        work_requeue(row=measurement, progress=0.0)
        measurement.refresh_from_db()
    return measurement
