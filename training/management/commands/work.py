"""`manage.py work QUEUE`: one worker on one queue, until it is told to stop."""

import os
from argparse import ArgumentParser
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand
from rq import SimpleWorker

from training import queues
from training.jobs.machine import cpu_count, gpus, host_name, memory_mb
from training.services.worker import worker_present
from training.signals import worker_ready
from training.worker import StoppableWorker

# Composing answers a person who waits: its worker does jobs in its own process, so that a
# network once loaded stays warm. The others fork for each job: a crash there costs one job.
WARM_QUEUES: Final = ("compose",)
# So that pages stay quick while these work.
NICENESS: Final = {"encode": 5, "ingest": 5, "train": 10, "train-gpu": 10}
WORKER_TTL_SECONDS: Final = 60  # after this without a sign of life RQ forgets the worker
MAINTENANCE_SECONDS: Final = 30


class Command(BaseCommand):
    """Works on one queue; RQ dequeues without loss only where a worker has a single queue."""

    help = "Work on one queue until told to stop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """QUEUE."""
        parser.add_argument("queue", choices=settings.QUEUES)
        parser.add_argument("--burst", action="store_true", help="stop when the queue is empty")

    def handle(self, *args: Any, **options: Any) -> None:
        """Lower the priority, warm up, work."""
        name = options["queue"]
        os.nice(NICENESS.get(name, 0))
        worker_ready.send(sender=type(self), queue=name)
        queue = queues.queue_of(name)
        worker_class = SimpleWorker if name in WARM_QUEUES else StoppableWorker
        worker = worker_class(
            [queue],
            connection=queue.connection,
            serializer=queue.serializer,
            worker_ttl=WORKER_TTL_SECONDS,
            maintenance_interval=MAINTENANCE_SECONDS,
            log_job_description=False,
        )
        has = {"cpus": cpu_count(), "memory_mb": memory_mb(), "gpus": gpus()}
        with worker_present(queue=name, host=host_name(), has=has):
            worker.work(burst=options["burst"], logging_level="WARNING")
