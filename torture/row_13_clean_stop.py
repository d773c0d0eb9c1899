"""A worker that is told to stop saves its training and leaves."""

from __future__ import annotations

import json
import signal

from torture.own import on_own_site
from torture.site import Site, wait_for
from torture.table import Outcome

PROMISE = "clean stop: SIGTERM mid-epoch, 5 times"
WANTED = "checkpoint and exit ≤ 60 s"
TIMES = 5


def run() -> Outcome:
    """Try it on an empty site."""
    return on_own_site(__name__)


def tried(site: Site) -> Outcome:
    """Stop one run's worker again and again; each goes on at the step where the last one stopped."""
    from torture.own import dies
    from torture.work import run_on, state_of, taken_in

    run = run_on(taken_in(), max_epochs=2000)
    good, slowest = 0, 0.0
    for _ in range(TIMES):
        before = run.step
        worker = site.manage("work", "train")
        wait_for(lambda n=before: state_of(run) and run.step >= n + 25, "it to train", 600)
        worker.send_signal(signal.SIGTERM)
        slowest = max(slowest, dies([worker.pid]))
        worker.wait()
        reached = state_of(run) and run.step
        saved = max((int(path.name[5:]) for path in (run.folder / "last").glob("step-*")), default=-1)
        told = json.loads((run.folder / "run.json").read_text())
        good += run.state == "queued" and run.deaths == 0 and told["state"] == "stopped" and saved >= reached
    return Outcome(good == TIMES and slowest <= 60, f"{good}/{TIMES} saved and gave back, ≤ {slowest:.1f} s")
