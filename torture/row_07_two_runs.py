"""Two runs on two workers; one worker is killed: its parent only, its child only, or both."""

from __future__ import annotations

import contextlib
import os
import signal

from torture.own import keep, on_own_site
from torture.site import Site, children, wait_for
from torture.table import Outcome, times

PROMISE = "two runs on two workers, one killed (-9: parent, child, both): each ends once, as if unbroken"
EPOCHS = 3 * times(20)  # long enough to be killed in its middle
WANTED = "every run ends once with the validation loss of an unbroken one"


def run() -> Outcome:
    """Try it on an empty site."""
    return on_own_site(__name__)


def tried(site: Site) -> Outcome:
    """An unbroken run first, then two side by side for each way of killing."""
    from torture.work import is_over, run_on, state_of, taken_in

    dataset = taken_in()
    keep(site, "reap")
    workers = [keep(site, "work", "train")]
    unbroken = run_on(dataset, max_epochs=EPOCHS)
    wait_for(lambda: is_over(unbroken), "the unbroken run", 900)
    wanted = unbroken.validation_loss
    workers.append(keep(site, "work", "train"))
    wrong = [] if wanted is not None else ["the unbroken run has no loss"]
    for victim in ("parent", "child", "both"):
        runs = [run_on(dataset, max_epochs=EPOCHS) for _ in range(2)]
        wait_for(lambda rows=runs: all(state_of(row) and row.step >= 20 for row in rows), "training", 900)
        worker, horses = workers[0], children(workers[0].pid)
        for pid in {"parent": [worker.pid], "child": horses, "both": [worker.pid, *horses]}[victim]:
            with contextlib.suppress(ProcessLookupError):  # a child dies with its parent
                os.kill(pid, signal.SIGKILL)
        wait_for(lambda rows=runs: all(is_over(row) for row in rows), "both to end", 900)
        wrong += [
            f"{victim} killed: run {row.pk} {row.state}, {row.validation_loss}"
            for row in runs
            if row.state != "finished" or abs(row.validation_loss - wanted) > 1e-5
        ]
        if sum(row.deaths for row in runs) != 1:
            wrong.append(f"{victim} killed: {[row.deaths for row in runs]} deaths")
    return Outcome(not wrong, "; ".join(wrong) or f"6 of 6 runs at {wanted:.6f}, 3 of them killed once")
