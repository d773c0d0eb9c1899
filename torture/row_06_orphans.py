"""A worker whose parent alone is killed leaves nobody behind who goes on working."""

from __future__ import annotations

import os
import signal
from typing import Any

from torture.own import dies, keep, on_own_site
from torture.site import Site, children, wait_for
from torture.table import Outcome, times

KILLS = times(20)
PROMISE = f"no job's work is done twice: kill -9 the worker's parent only, {KILLS} times"
WANTED = "0 double artefacts; stale runner gone ≤ 30 s"
FILES = 120


def run() -> Outcome:
    """Try it on an empty site."""
    return on_own_site(__name__)


def tried(site: Site) -> Outcome:
    """Kill a worker in the middle of taking a dataset in, again and again."""
    from torture.work import Pieces, is_over, is_whole, state_of
    from training.services import work_enqueue

    pieces = Pieces(FILES, notes=3000)
    keep(site, "reap")
    worker = keep(site, "work", "ingest")
    whole = kills = 0
    gone = back = 0.0
    while kills < KILLS:
        dataset: Any = pieces.dataset()
        work_enqueue(row=dataset)
        wait_for(lambda row=dataset: row.files.exists() or is_over(row), "the first verdicts")
        horses = children(worker.pid)
        if state_of(dataset) != "running" or not horses:
            continue  # it was too quick to be killed in the middle
        os.kill(worker.pid, signal.SIGKILL)
        kills += 1
        gone = max(gone, dies(horses))
        attempts = dataset.attempts
        again = wait_for(lambda row=dataset, n=attempts: state_of(row) and row.attempts > n, "another", 600)
        back = max(back, again)
        wait_for(lambda row=dataset: is_over(row), "its end", 600)
        whole += is_whole(dataset, FILES)
    kept = whole == KILLS and gone <= 30
    told = f"{whole}/{KILLS} whole, each file once; orphans gone after {gone:.2f} s"
    return Outcome(kept, f"{told}, taken up after {back:.0f} s at most")
