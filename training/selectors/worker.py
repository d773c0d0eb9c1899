"""Whether there is a worker that a run may wait for."""

from training.models import Run, Worker


def run_has_worker(run: Run) -> bool:
    """Whether a worker is there that has what the run needs."""
    present = Worker.objects.present().filter(queue=run.queue_name, memory_mb__gte=run.needs_memory_mb)
    return present.exists()
