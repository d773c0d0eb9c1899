"""A request that fails after it asked for work has asked for nothing."""

from __future__ import annotations

from torture.own import on_own_site
from torture.site import Site
from torture.table import Outcome

PROMISE = "a rolled-back request starts nothing: raise after enqueue, 100 times"
WANTED = "0 jobs, 0 rows"
TIMES = 100


class _BrokenError(Exception):
    """The request's fault."""


def run() -> Outcome:
    """Try it on an empty site."""
    return on_own_site(__name__)


def tried(site: Site) -> Outcome:
    """Roll back after each, then commit one to see that the queue was there all along."""
    from django.db import transaction

    from torture.work import Pieces
    from training import queues
    from training.models import Dataset
    from training.services import work_enqueue

    for _ in range(TIMES):
        try:
            with transaction.atomic():
                work_enqueue(row=Pieces(1).dataset())
                raise _BrokenError
        except _BrokenError:
            continue
    jobs = sum(len(queues.queue_of(name).get_job_ids()) for name in Dataset.queue_names())
    rows = Dataset.objects.count()
    work_enqueue(row=Pieces(1).dataset())
    control = len(queues.queue_of("ingest").get_job_ids())
    return Outcome(jobs == rows == 0 and control == 1, f"{jobs} jobs, {rows} rows; 1 once committed")
