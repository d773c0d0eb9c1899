"""What a queue delivers twice is done once."""

from __future__ import annotations

from torture.own import keep, on_own_site
from torture.site import Site, wait_for
from torture.table import Outcome

PROMISE = "duplicate delivery is harmless: each of 100 jobs queued twice, two workers"
WANTED = "100 artefacts"
JOBS = 100


def run() -> Outcome:
    """Try it on an empty site."""
    return on_own_site(__name__)


def tried(site: Site) -> Outcome:
    """Two workers take what stands on the queue twice, one beside the other."""
    from torture.work import Pieces, is_over, is_whole
    from training import queues
    from training.services import work_enqueue

    datasets = [Pieces(1).dataset() for _ in range(JOBS)]
    for dataset in datasets:
        work_enqueue(row=dataset)
        work_enqueue(row=dataset)
    queue = queues.queue_of("ingest")
    delivered = len(queue.get_job_ids())
    for _ in range(2):
        keep(site, "work", "ingest")
    wait_for(lambda: not queue.get_job_ids() and all(is_over(row) for row in datasets), "all", 1800)
    whole = sum(is_whole(dataset, 1) and dataset.attempts == 1 for dataset in datasets)
    return Outcome(
        delivered == 2 * JOBS and whole == JOBS, f"{delivered} deliveries, {whole} done, each by one attempt"
    )
