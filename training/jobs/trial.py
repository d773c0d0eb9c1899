"""A trial: the first steps of a training, to say how long all of it takes here and how much memory."""

import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Final

from django.conf import settings as site
from django.utils.translation import gettext as _

from musicgen.learning.durable import write_json
from training.jobs.corpus import corpus_for
from training.jobs.machine import ProcessUse, gpus, host_name
from training.jobs.process import TrainingProcess
from training.jobs.reasons import reason_of
from training.models import Trial
from training.selectors import FileTail
from training.services import WorkFailedError, work_report, work_run

MEASURED_SECONDS: Final = 12.0  # of steps, after the first line
PATIENCE_SECONDS: Final = 240.0  # for the first line; the first step compiles the network
_POLL_SECONDS: Final = 0.3


def trial_measure(trial_id: int) -> None:
    """The job: measure."""
    work_run(Trial, trial_id, _measure)


def _measure(trial: Trial, stop: threading.Event) -> dict[str, Any]:
    corpus = corpus_for(trial)
    work_report(row=trial, progress=0.5, message=_("Trying the first steps"))
    scratch = Path(tempfile.mkdtemp(prefix="trial-", dir=site.FILE_UPLOAD_TEMP_DIR))
    try:
        write_json(scratch / "settings.json", trial.settings)
        arguments = ["train", "--corpus", str(corpus.folder), "--out", str(scratch / "run")]
        log = scratch / "log.txt"
        with TrainingProcess([*arguments, "--settings", str(scratch / "settings.json")], log) as process:
            lines, memory = _first_lines(trial, process, FileTail(scratch / "run" / "metrics.jsonl"), stop)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    first, last = lines[0], lines[-1]
    steps = last["step"] - first["step"] or last["step"]
    seconds = last["seconds"] - first["seconds"] if last["step"] > first["step"] else last["seconds"]
    each = seconds / max(1, steps)
    return {
        "result": {
            "seconds_a_step": round(each, 4),
            "steps": last["total_steps"],
            "seconds": round(each * last["total_steps"], 1),
            "memory_mb": round(memory),
            "corpus_tokens": corpus.token_counts.get("train", 0),
            "host": host_name(),
            "gpus": gpus(),
        }
    }


def _first_lines(
    trial: Trial, process: TrainingProcess, tail: FileTail, stop: threading.Event
) -> tuple[list[dict[str, Any]], float]:
    """The first lines of its metrics, and its peak memory in MB."""
    use = ProcessUse(process.pid)
    lines: list[dict[str, Any]] = []
    begun = time.monotonic()
    first_at = 0.0
    while True:
        code = process.wait(_POLL_SECONDS)
        lines += [line for line in tail.new_lines() if line.get("tokens_per_second")]
        use.look()
        if stop.is_set():
            work_report(row=trial)  # raises what the stop is for
        if lines and not first_at:
            first_at = time.monotonic()
        if code is not None:
            break
        if lines and time.monotonic() - first_at >= MEASURED_SECONDS:
            break
        if not lines and time.monotonic() - begun > PATIENCE_SECONDS:
            raise WorkFailedError(
                _("It did not manage ten steps in four minutes. Choose a smaller network, batch or sequence.")
            )
    if not lines:
        raise WorkFailedError(
            reason_of(code or 0, process.last_words(), use.peak_memory_mb)
            if code
            else _("It was over before there was anything to measure: this training takes a moment.")
        )
    return lines, use.peak_memory_mb
