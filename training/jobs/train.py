"""Trains a network: prepares the corpus, starts the training, follows it, keeps its checkpoints."""

import threading
from typing import Final

from django.utils.translation import gettext as _

from musicgen.learning.durable import write_json
from training.jobs.corpus import corpus_for
from training.jobs.process import TrainingProcess
from training.models import Run
from training.selectors import MetricsTail, run_description
from training.services import (
    WorkFailedError,
    WorkInterruptedError,
    WorkSupersededError,
    run_register_checkpoints,
    run_report_metrics,
    run_use_corpus,
    work_report,
    work_run,
)

POLL_SECONDS: Final = 0.5  # between looks at the training's metrics
TERMINATED: Final = 143  # the command's exit code when told to stop before it began to train
USER_ERROR: Final = 2  # the command's exit code when its last line says what to do


def run_train(run_id: int) -> None:
    """The job: train, or go on training."""
    work_run(Run, run_id, _train)


def _train(run: Run, stop: threading.Event) -> None:
    corpus = corpus_for(run)
    run_use_corpus(run=run, corpus=corpus)
    run.folder.mkdir(parents=True, exist_ok=True)
    settings_path = run.folder / "settings.json"
    write_json(settings_path, run.settings)
    arguments = ["train", "--corpus", str(corpus.folder), "--out", str(run.folder)]
    with TrainingProcess([*arguments, "--settings", str(settings_path)], run.log_path) as process:
        try:
            code = _follow(run, process, stop)
        except WorkSupersededError:
            raise  # somebody else has the run: nothing more is written for it
        except WorkInterruptedError:
            process.stop()  # the next worker goes on from there
            raise
        except BaseException:
            process.stop()
            _keep_checkpoints(run)
            raise
        _keep_checkpoints(run)
        if code not in (0, TERMINATED):
            raise WorkFailedError(_reason(code, process.last_words()))
    if run_description(run).get("state") != "finished":
        raise WorkInterruptedError("The training was told to stop by somebody else than its run.")


def _follow(run: Run, process: TrainingProcess, stop: threading.Event) -> int:
    """Report the training's figures until it ends. Returns its exit code."""
    tail = MetricsTail(run)
    while True:
        code = process.wait(POLL_SECONDS)
        lines = tail.new_lines()
        if lines:
            run_report_metrics(run=run, lines=lines)
        if stop.is_set():
            work_report(row=run)  # raises what the stop is for
        if code is not None:
            return code


def _keep_checkpoints(run: Run) -> None:
    """Keep the best checkpoint so far, and the last."""
    described = run_description(run)
    names: list[str] = described.get("checkpoints") or []
    best: str | None = described.get("best_checkpoint")
    kept = [name for name in dict.fromkeys([best, *names[-1:]]) if name]
    run_register_checkpoints(run=run, names=kept, best=best)


def _reason(code: int, last_words: str) -> str:
    """Why the training ended, for a person."""
    if code == USER_ERROR and last_words:
        return last_words
    if code < 0:
        return _(
            "The system ended the training (signal %(signal)s), most likely because memory ran out. "
            "Resume it with more memory free, or start one with fewer units, a smaller batch or a shorter "
            "sequence."
        ) % {"signal": -code}
    return _("The training broke off: %(words)s") % {"words": last_words or _("it left no word why.")}
