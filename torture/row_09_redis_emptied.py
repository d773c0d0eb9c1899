"""Redis forgets everything while a hundred jobs wait."""

from __future__ import annotations

from torture.own import keep, on_own_site
from torture.site import Site, wait_for
from torture.table import Outcome

PROMISE = "Redis emptied: FLUSHALL with 100 queued"
WANTED = "rebuilt ≤ 60 s, 100/100 finish"
JOBS = 100


def run() -> Outcome:
    """Try it on an empty site."""
    return on_own_site(__name__)


def tried(site: Site) -> Outcome:
    """Queue, empty, let the reaper put them back, and only then let workers at them."""
    from torture.work import Pieces, is_over, is_whole
    from training import queues
    from training.services import work_enqueue

    datasets = [Pieces(1).dataset() for _ in range(JOBS)]
    for dataset in datasets:
        work_enqueue(row=dataset)
    queue = queues.queue_of("ingest")
    before = len(queue.get_job_ids())
    queue.connection.flushall()
    keep(site, "reap")
    rebuilt = wait_for(lambda: len(set(queue.get_job_ids())) == JOBS, "the queue to be whole again", 600)
    for _ in range(2):
        keep(site, "work", "ingest")
    wait_for(lambda: all(is_over(dataset) for dataset in datasets), "all of them", 1800)
    whole = sum(is_whole(dataset, 1) for dataset in datasets)
    kept = before == whole == JOBS and rebuilt <= 60
    return Outcome(kept, f"rebuilt after {rebuilt:.0f} s, {whole}/{JOBS} finish")
