"""A training whose worker is killed with everything below it goes on where it was."""

from __future__ import annotations

import json
import os
import signal

from torture.own import dies, keep, on_own_site
from torture.site import Site, wait_for
from torture.table import Outcome, times

KILLS = times(20)
PROMISE = f"a killed job recovers: kill -9 worker and work-horse, {KILLS} times"
WANTED = "taken up again ≤ 60 s; ≤ 1 epoch lost"
A_RUN = 2  # a third death would be one too many


def run() -> Outcome:
    """Try it on an empty site."""
    return on_own_site(__name__)


def tried(site: Site) -> Outcome:
    """Kill trainings at twenty moments, and look from which step each goes on."""
    from tests.training.processes import descendants
    from torture.work import is_over, run_on, state_of, taken_in
    from training.selectors import run_curve

    dataset = taken_in()
    keep(site, "reap")
    worker = keep(site, "work", "train")
    lost = lost_seconds = back = 0.0
    finished = kills = 0
    for number in range(KILLS // A_RUN):
        run = run_on(dataset, max_epochs=400, seed=number)
        for _ in range(A_RUN):
            run.refresh_from_db()
            before = run.step
            wait_for(lambda row=run, n=before: state_of(row) and row.step >= n + 30, "it to train", 600)
            below = descendants(worker.pid)
            at, trained, attempts = run.step, run.trained_seconds, run.attempts
            epoch_steps = run.total_steps / 400
            for pid in (worker.pid, *below):
                _kill(pid)
            kills += 1
            dies(below)
            back = max(
                back,
                wait_for(lambda row=run, n=attempts: state_of(row) and row.attempts > n, "another", 600),
            )
            saved = max((run.folder / "last").glob("step-*"))
            lost = max(lost, (at - int(saved.name[5:])) / epoch_steps)
            state = json.loads((saved / "state.json").read_text())
            lost_seconds = max(lost_seconds, trained - state["memory"]["seconds"])
        _stop(run)
        finished += is_over(run) and run.deaths == A_RUN and bool(run_curve(run)["points"]["step"])
    kept = finished == KILLS // A_RUN and back <= 60 and lost <= 1
    told = f"{max(lost, 0):.2f} epochs or {max(lost_seconds, 0):.1f} s of training lost"
    return Outcome(kept, f"{kills} kills, taken up in {back:.0f} s at most, {told}")


def _kill(pid: int) -> None:
    """Kill a process that may have ended by itself."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _stop(run: object) -> None:
    """End a run that would go on for long."""
    from torture.work import is_over
    from training.models import Run
    from training.services import run_stop

    assert isinstance(run, Run)
    run_stop(run=run)
    wait_for(lambda: is_over(run), "it to stop", 600)
