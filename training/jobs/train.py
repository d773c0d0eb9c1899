"""Trains a network: prepares the corpus, starts the training, follows it, keeps its checkpoints."""

import json
import threading
import time
from typing import Any, Final

from musicgen.learning.durable import write_json
from training import shared
from training.jobs.corpus import corpus_for
from training.jobs.extending import begin_where_it_ended
from training.jobs.keeping import kept_names, thin_out
from training.jobs.machine import ProcessUse, environment, memory_mb
from training.jobs.process import TrainingProcess
from training.jobs.reasons import reason_of
from training.jobs.sampling import Sampler
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
USE_SECONDS: Final = 5.0  # between looks at what it uses
SHARE_SECONDS: Final = 30.0  # between copies of the state to the storage that machines share
TERMINATED: Final = 143  # the command's exit code when told to stop before it began to train
MACHINE_NAME: Final = "machine.jsonl"


def run_train(run_id: int) -> None:
    """The job: train, or go on training; a run that needs more memory than is here is left to others."""
    needed = Run.objects.filter(pk=run_id).values_list("needs_memory_mb", flat=True).first()
    if (needed or 0) <= memory_mb():
        work_run(Run, run_id, _train)


def _train(run: Run, stop: threading.Event) -> None:
    shared.fetch_folder(run.folder, newest=True)  # what another machine has learned
    run.folder.mkdir(parents=True, exist_ok=True)
    corpus = corpus_for(run)
    run_use_corpus(run=run, corpus=corpus, environment=environment())
    begin_where_it_ended(run)
    settings_path = run.folder / "settings.json"
    write_json(settings_path, run.settings)
    arguments = ["train", "--corpus", str(corpus.folder), "--out", str(run.folder)]
    with TrainingProcess([*arguments, "--settings", str(settings_path)], run.log_path) as process:
        following = _Following(run, process, stop)
        try:
            code = following.until_it_ends()
        except WorkSupersededError:
            raise  # somebody else has the run: nothing more is written for it
        except WorkInterruptedError:
            process.stop()  # the next worker goes on from there
            following.end()
            raise
        except BaseException:
            process.stop()
            following.end()
            _keep_checkpoints(run)
            raise
        _keep_checkpoints(run)
        if code not in (0, TERMINATED):
            following.end()
            raise WorkFailedError(reason_of(code, process.last_words(), following.peak_memory_mb))
        following.finish()
    if run_description(run).get("state") != "finished":
        raise WorkInterruptedError("The training was told to stop by somebody else than its run.")


class _Following:
    """Looks at a training while it goes on: figures, machine use, samples, copies for other machines."""

    def __init__(self, run: Run, process: TrainingProcess, stop: threading.Event) -> None:
        self._run = run
        self._process = process
        self._stop = stop
        self._tail = MetricsTail(run)
        self._use = ProcessUse(process.pid)
        self._sampler = Sampler(run)
        self._used_at = 0.0
        self._shared_at = time.monotonic()

    @property
    def peak_memory_mb(self) -> float:
        """The most memory that the training had."""
        return self._use.peak_memory_mb

    def until_it_ends(self) -> int:
        """Report until the training ends. Returns its exit code."""
        while True:
            code = self._process.wait(POLL_SECONDS)
            self._report(self._tail.new_lines())
            if self._stop.is_set():
                work_report(row=self._run)  # raises what the stop is for
            self._look_at_machine()
            self._sampler.look()
            if time.monotonic() - self._shared_at >= SHARE_SECONDS:
                self._share()
            if code is not None:
                return code

    def _report(self, lines: list[dict[str, Any]]) -> None:
        if lines:
            run_report_metrics(run=self._run, lines=lines)
        for line in lines:
            if line.get("checkpoint"):
                self._sampler.offer(line["step"], self._run.folder / "checkpoints" / line["checkpoint"])

    def _look_at_machine(self) -> None:
        if time.monotonic() - self._used_at < USE_SECONDS:
            return
        self._used_at = time.monotonic()
        use = self._use.look()
        if use:
            line = json.dumps({"step": self._run.step, "seconds": round(self._run.trained_seconds, 1), **use})
            with (self._run.folder / MACHINE_NAME).open("a") as file:
                file.write(line + "\n")

    def _share(self) -> None:
        shared.share_folder(self._run.folder)
        self._shared_at = time.monotonic()

    def finish(self) -> None:
        """Make the last samples, and let other machines have everything."""
        self._sampler.finish()
        self._share()

    def end(self) -> None:
        """Stop at once, and let other machines have what there is."""
        self._sampler.stop()
        self._share()


def _keep_checkpoints(run: Run) -> None:
    """Keep the best checkpoint so far, the last, and some on the way; see `training.jobs.keeping`."""
    described = run_description(run)
    names: list[str] = described.get("checkpoints") or []
    best: str | None = described.get("best_checkpoint")
    kept = kept_names(names, best)
    run_register_checkpoints(run=run, names=kept, best=best)
    thin_out(run, kept)
