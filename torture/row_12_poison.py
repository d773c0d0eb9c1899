"""A job that kills whoever does it is given up, and does not keep others from their turn."""

from __future__ import annotations

import os
import signal
import sys

from torture.own import Kept, on_own_site
from torture.site import Site, wait_for
from torture.table import Outcome

PROMISE = "a poison job is contained: the work-horse kills itself"
WANTED = "≤ 3 tries, shown as failed with its reason, the next job starts"
_COMMAND = """
import sys, django
django.setup()
from training.models import Dataset
Dataset.job = "torture.row_12_poison.dataset_ingest"
from django.core.management import call_command
call_command(*sys.argv[1:])
"""


def dataset_ingest(dataset_id: int) -> None:
    """The job that the site's programs are given here: as always, but deadly for one dataset."""
    from training.jobs import ingest
    from training.models import Dataset
    from training.services import work_run

    if Dataset.objects.get(pk=dataset_id).name == "Poison":
        work_run(Dataset, dataset_id, lambda row, stop: os.kill(os.getpid(), signal.SIGKILL))
    else:
        ingest.dataset_ingest(dataset_id)


def run() -> Outcome:
    """Try it on an empty site."""
    return on_own_site(__name__)


def tried(site: Site) -> Outcome:
    """The poison stands before a good one on the queue of one worker."""
    from torture.work import Pieces, is_over, is_whole
    from training.models import Dataset
    from training.services import work_enqueue

    Dataset.job = "torture.row_12_poison.dataset_ingest"
    poison, good = Pieces(1).dataset("Poison"), Pieces(1).dataset("Good")
    for row in (poison, good):
        work_enqueue(row=row)
    for command in (("reap",), ("work", "ingest")):
        Kept(lambda words=command: site.start(sys.executable, "-c", _COMMAND, *words))
    wait_for(lambda: is_over(good), "the next job", 600)
    wait_for(lambda: is_over(poison), "the poison to be given up", 600)
    kept = poison.state == "failed" and poison.attempts <= 3 and bool(poison.reason) and is_whole(good, 1)
    return Outcome(kept, f"{poison.attempts} tries, {poison.state}: “{poison.reason}”; the next {good.state}")
