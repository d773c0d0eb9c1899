"""Measuring the checkpoints of a run, in a process of its own: composing needs the networks."""

import json
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext as _

from listening.models import StepMeasurement
from training import shared
from training.jobs.process import TrainingProcess
from training.models import Checkpoint, Run
from training.services import WorkFailedError, work_report, work_run

SONGS: Final = 40  # of each checkpoint, as many as the command takes by itself
MOST_CHECKPOINTS: Final = 12  # spread over the run: a minute or two each
_POLL_SECONDS: Final = 1.0


def steps_measure(measurement_id: int) -> None:
    """Measure them; done twice, the newer figures stay."""
    work_run(StepMeasurement, measurement_id, _measure)


def _measure(row: StepMeasurement, stop: threading.Event) -> dict[str, Any]:
    run = row.run
    if run.corpus is None:
        raise WorkFailedError(_("The run has no corpus yet. Let it begin first."))
    chosen = spread_checkpoints(run)
    if not chosen:
        raise WorkFailedError(_("The run has no checkpoints yet. Wait for its first evaluation."))
    scratch = Path(tempfile.mkdtemp(prefix="steps-", dir=settings.FILE_UPLOAD_TEMP_DIR))
    try:
        out, log = scratch / "found.json", scratch / "log.txt"
        folders = [str(checkpoint.path) for checkpoint in chosen]
        corpus = str(shared.fetch_folder(run.corpus.folder))
        options = ["--corpus", corpus, "--songs", str(SONGS), "--out", str(out)]
        with TrainingProcess(["evaluate", *folders, *options], log) as process:
            while (code := process.wait(_POLL_SECONDS)) is None:
                done = log.read_bytes().count(b"Judged ")
                work_report(row=row, progress=min(0.95, done / len(chosen)))
                if stop.is_set():
                    work_report(row=row)  # raises what the stop is for
            if code:
                raise WorkFailedError(process.last_words() or _("It ended without a word."))
        return {"result": json.loads(out.read_bytes())}
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def spread_checkpoints(run: Run, most: int = MOST_CHECKPOINTS) -> list[Checkpoint]:
    """The run's checkpoints by step, at most so many, the first and the last among them."""
    known = list(Checkpoint.objects.filter(run=run).order_by("step"))
    if len(known) <= most:
        return known
    places = {round(index * (len(known) - 1) / (most - 1)) for index in range(most)}
    return [known[place] for place in sorted(places)]
