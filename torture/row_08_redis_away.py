"""Redis is killed in the middle of work and stays away for a while."""

from __future__ import annotations

import os
import signal
import time

from torture.own import keep, on_own_site
from torture.site import Site, wait_for
from torture.table import Outcome, times

TIMES = times(10)
PROMISE = f"a Redis outage is survived: kill -9 Redis for 45 s mid-job, {TIMES} times"
WANTED = "0 jobs lost; workers back ≤ 15 s after Redis"
AWAY_SECONDS = 45
FILES = 60


def run() -> Outcome:
    """Try it on an empty site."""
    return on_own_site(__name__)


def tried(site: Site) -> Outcome:
    """Each time one dataset is in the middle and another is asked for while Redis is away."""
    from torture.work import Pieces, is_over, is_whole, state_of
    from training.services import work_enqueue

    pieces, one = Pieces(FILES, notes=3000), Pieces(1)
    keep(site, "reap")
    keep(site, "work", "ingest")
    server = site.processes[0]
    whole, back = 0, []
    for _ in range(TIMES):
        dataset = pieces.dataset()
        work_enqueue(row=dataset)
        wait_for(lambda row=dataset: row.files.exists() or is_over(row), "the first verdicts", 600)
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        (site.folder / "redis" / "redis.sock").unlink(missing_ok=True)
        other = one.dataset()
        work_enqueue(row=other)
        time.sleep(AWAY_SECONDS)
        server = site.redis()
        back.append(wait_for(lambda row=other: state_of(row) != "queued", "a worker", 600))
        wait_for(lambda a=dataset, b=other: is_over(a) and is_over(b), "both to end", 600)
        whole += is_whole(dataset, FILES) + is_whole(other, 1)
    kept = whole == 2 * TIMES and max(back) <= 15
    return Outcome(kept, f"{whole}/{2 * TIMES} jobs whole; workers back after {max(back):.0f} s at most")
