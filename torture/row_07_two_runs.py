"""Two runs on two workers; one worker is killed: its parent only, its child only, or both."""

from __future__ import annotations

import json
import os
import signal

from torture.site import Site, children, fresh_site, wait_for
from torture.table import Outcome

PROMISE = "two runs on two workers, one killed (-9: parent, child, both): each ends once, as if unbroken"
WANTED = "every run ends once with the validation loss of an unbroken one"
_MAKE = """
from accounts.models import User
from training.jobs.ingest import dataset_ingest
from training.models import Dataset, DatasetUpload
from tests.training.pieces import midi_bytes
user = User.objects.create_user("ada@example.org", "a-long-password")
row = Dataset.objects.create(name="Tunes", owner=user, licence="cc0")
row.uploads_folder.mkdir(parents=True)
for seed in range(12):
    upload = DatasetUpload(dataset=row, name=f"{seed}.mid", stored_name=f"{seed}.mid", bytes=1, sha256="")
    upload.path.write_bytes(midi_bytes(seed))
    upload.save()
dataset_ingest(row.pk)
"""
_START = """
from accounts.models import User
from musicgen.learning import TrainSettings
from training.models import Dataset
from training.services import run_start
settings = TrainSettings(embedding_dim=8, units=16, dropout=0.1, sequence_length=8, batch_size=4,
    max_epochs=60, patience=100, seed=3)
print(run_start(owner=User.objects.get(), dataset=Dataset.objects.get(), settings=settings).pk)
"""
_LOOK = """
import json
from training.models import Run
print(json.dumps([[run.pk, run.state, run.step, run.validation_loss, run.deaths, run.checkpoints.count()]
    for run in Run.objects.order_by("pk")]))
"""


def run() -> Outcome:
    """An unbroken run first, then two side by side for each way of killing."""
    with fresh_site() as site:
        site.manage("reap")
        site.ask(_MAKE)
        workers = [site.manage("work", "train")]
        site.ask(_START)
        _until_over(site)
        wanted = _look(site)[0][3]
        wrong = []
        for victim in ("parent", "child", "both"):
            workers = [site.manage("work", "train"), *workers[:1]]
            numbers = [int(site.ask(_START)) for _ in range(2)]
            wait_for(lambda: all(row[2] >= 20 for row in _look(site)[-2:]), "both to train")
            horses = children(workers[0].pid)
            for pid in {"parent": [workers[0].pid], "child": horses, "both": [workers[0].pid, *horses]}[
                victim
            ]:
                os.kill(pid, signal.SIGKILL)
            if victim != "child":
                workers = workers[1:]
            _until_over(site)
            rows = {row[0]: row for row in _look(site)}
            for number in numbers:
                _, state, _, loss, _, _ = rows[number]
                if state != "finished" or loss is None or abs(loss - wanted) > 1e-5:
                    wrong.append(f"{victim} killed: run {number} {state}, {loss}")
    return Outcome(not wrong, "; ".join(wrong) or f"6 of 6 runs at {wanted:.5f}")


def _look(site: Site) -> list[list[object]]:
    found: list[list[object]] = json.loads(site.ask(_LOOK))
    return found


def _until_over(site: Site) -> None:
    wait_for(lambda: all(row[1] not in ("queued", "running") for row in _look(site)), "all runs to end", 1500)
