"""Training C-RNN-GAN on a corpus of continuous tones: discriminator, generator, train, plot, save.

Needs NumPy, Keras and a corpus folder; no MIDI library, no site. The same call on the same folder
goes on where it was stopped or killed, and ends as if it had never been. How both networks learn
stands in `adversarial_steps`; here is the course of a run.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from musicgen.corpus.augmenting import Augmentation
from musicgen.corpus.reader import Corpus, open_corpus
from musicgen.corpus.streaming import CellWindows
from musicgen.learning.adversarial_progress import AdversarialProgress, losses_plot
from musicgen.learning.adversarial_settings import AdversarialSettings
from musicgen.learning.adversarial_steps import Players
from musicgen.learning.checkpoint import (
    CheckpointInfo,
    add_metrics,
    put_weights,
    read_weights,
    weights_of,
    write_checkpoint,
)
from musicgen.learning.durable import write_file
from musicgen.learning.run_files import ResumeState, RunError, RunFolder
from musicgen.learning.samples import MidiWriter, keep_samples
from musicgen.learning.tone_samples import ToneJudge
from musicgen.learning.train import RunResult
from musicgen.networks.crnn_gan import CRNNGANConfig, DiscriminatorNetwork, GeneratorNetwork

SAVE_SECONDS: Final = 30.0  # between saved states: at most this much work is lost when killed
LINE_STEPS: Final = 10  # batches between lines of metrics
_STEP_STREAM: Final = 0  # of random numbers, beside those of samples

Values = npt.NDArray[np.float32]


def train_adversarially(
    corpus: Path,
    out: Path,
    settings: AdversarialSettings,
    *,
    on_progress: Callable[[AdversarialProgress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    save_seconds: float = SAVE_SECONDS,
    to_midi: MidiWriter | None = None,
) -> RunResult:
    """Train, or go on training.

    Args:
        corpus: folder that `prepare --representation tones` wrote.
        out: the run's folder; if it holds a run of the same settings and corpus, that goes on.
        settings: what to train and how.
        on_progress: given each line that goes to metrics.jsonl.
        should_stop: asked after each batch; if true, everything is saved and the call returns.
        save_seconds: time between saved states.
        to_midi: a score as the bytes of a MIDI file, to keep samples of each evaluation; without it
            they are measured only.

    Raises:
        CorpusError: no corpus, a damaged one, one of tokens, or one of pieces that are too short.
        RunError: the folder is another run's or in use, or a loss left all bounds.
    """
    opened = open_corpus(corpus)
    folder = RunFolder(out)
    with folder.held():
        run = _described(folder, opened, settings)
        if run["state"] == "finished":
            return _result(folder, run)
        run["state"] = "running"
        folder.write_run(run)
        try:
            training = _Training(folder, run, opened, settings, on_progress, save_seconds, to_midi)
            training.go_on(should_stop or (lambda: False))
        except BaseException as error:
            run["state"] = "failed"
            run["reason"] = str(error) or type(error).__name__
            folder.write_run(run)
            raise
        return _result(folder, run)


class _Training:
    """One run: its networks, its place in the data, its files."""

    def __init__(
        self,
        folder: RunFolder,
        run: dict[str, Any],
        corpus: Corpus,
        settings: AdversarialSettings,
        on_progress: Callable[[AdversarialProgress], None] | None,
        save_seconds: float,
        to_midi: MidiWriter | None,
    ) -> None:
        self._folder = folder
        self._run = run
        self._corpus = corpus
        self._tones = corpus.tones
        self._settings = settings
        self._on_progress = on_progress
        self._save_seconds = save_seconds
        self._to_midi = to_midi
        self._config = settings.network_config(self._tones)
        self._players = _players(CRNNGANConfig.from_json(self._config), corpus, settings)
        self._windows(settings.batch_size, settings.sequence_length)  # says so if pieces are too short
        self._judge = ToneJudge(
            corpus,
            length=settings.sequence_length,
            samples=settings.samples,
            seed=settings.seed,
            temperature=settings.temperature,
        )
        self._step = 0
        self._evaluations: list[dict[str, Any]] = []
        self._losses: dict[str, float] = {}  # of the step before
        self._pending: list[dict[str, float]] = []  # since the last line
        self._spent_before = 0.0
        self._started = self._saved = self._line_started = time.monotonic()
        self._restore()

    # -- train ------------------------------------------------------------------------------

    def go_on(self, should_stop: Callable[[], bool]) -> None:
        """Learn until the end, or until told to stop."""
        total = self._settings.total_steps
        if self._step == 0 and not self._evaluations:
            self._evaluate()
        for cells in self._batches():
            self._learn(cells)
            due = self._step % self._settings.evaluation_steps == 0 or self._step == total
            if self._step % LINE_STEPS == 0 or due:
                self._write_losses()
            if due:
                self._evaluate()
            stopping = should_stop()
            if due or stopping or time.monotonic() - self._saved >= self._save_seconds:
                self._save()
            if stopping and self._step < total:
                break
        if self._step == total:
            self._look_at_test_pieces()
            self._run["state"] = "finished"
        else:
            self._run["state"] = "stopped"
        self._folder.write_run(self._run)

    def _learn(self, cells: Values) -> None:
        random = np.random.default_rng([self._settings.seed, self._step, _STEP_STREAM])
        if self._step < self._settings.pretraining_steps:
            losses = self._players.pretrain(cells, self._step, random)
        else:
            losses = self._losses = self._players.play(cells, self._step, random, self._losses)
        self._step += 1
        if not all(map(math.isfinite, losses.values())):
            raise RunError(
                f"A loss is no number at step {self._step}: learning ran away. "
                "Start another run with lower learning rates."
            )
        self._pending.append(losses)

    def _batches(self) -> Iterator[Values]:
        step, settings = self._step, self._settings
        while step < settings.total_steps:
            shape = self._shape_at(step)
            for batch in self._windows(*shape).batches(step):
                yield batch.cells
                step += 1
                if step == settings.total_steps or self._shape_at(step) != shape:
                    break

    def _shape_at(self, step: int) -> tuple[int, int]:
        return self._settings.batch_at(step), self._settings.length_at(step)

    def _windows(self, rows: int, length: int) -> CellWindows:
        augmentation = Augmentation(semitones=self._settings.transposition)
        cells = self._corpus.cells("train")
        return CellWindows(cells, self._tones, length, rows, self._settings.seed, augmentation, full=True)

    # -- look -------------------------------------------------------------------------------

    def _evaluate(self) -> None:
        metrics = self._judge.judged(self._players.averaged_network, "validation")
        name = self._folder.checkpoint_folder(self._step).name
        self._evaluations.append({"step": self._step, "checkpoint": name, "validation": metrics})
        write_checkpoint(
            self._folder.checkpoint_folder(self._step),
            CheckpointInfo(
                network=self._settings.network,
                config=self._config,
                vocabulary=self._tones.to_json(),
                corpus_hash=self._run["corpus_hash"],
                step=self._step,
                epoch=self._epoch,
                metrics={"validation": metrics},
                seed=self._settings.seed,
                settings=self._settings.to_json(),
            ),
            weights_of(self._players.averaged_network),
        )
        if self._to_midi is not None:
            keep_samples(self._folder.sample_folder(self._step), self._judge.latest, self._to_midi)
        self._tell(
            validation_loss=metrics["next_event_loss"],
            distance=metrics["distance"],
            rows_inside=len(metrics["rows_inside"]),
            samples=metrics["samples"],
            data=self._judge.data("validation"),
            checkpoint=name,
        )
        self._draw()
        self._line_started = time.monotonic()

    def _look_at_test_pieces(self) -> None:
        """Judge by the test pieces, for the first and only time, with the best weights."""
        best = self._folder.checkpoints / self._run["best_checkpoint"]
        put_weights(self._players.averaged_network, read_weights(best))
        self._run["test"] = self._judge.judged(self._players.averaged_network, "test")
        add_metrics(best, {"test": self._run["test"]})

    # -- plot and save ----------------------------------------------------------------------

    @property
    def _seconds(self) -> float:
        return self._spent_before + time.monotonic() - self._started

    @property
    def _epoch(self) -> float:
        shapes = map(self._shape_at, range(self._step))
        return round(
            sum(rows * length for rows, length in shapes) / len(self._corpus.cells("train").values), 4
        )

    def _write_losses(self) -> None:
        elapsed = max(time.monotonic() - self._line_started, 1e-9)
        cells = len(self._pending) * math.prod(self._shape_at(self._step - 1))
        names = {name for losses in self._pending for name in losses}
        means = {
            name: float(np.mean([losses[name] for losses in self._pending if name in losses]))
            for name in names
        }
        self._tell(
            train_loss=means.get("next_event_loss"),
            generator_loss=means.get("generator_loss"),
            discriminator_loss=means.get("discriminator_loss"),
            tokens_per_second=round(cells / elapsed, 1),
        )
        self._pending.clear()
        self._line_started = time.monotonic()

    def _tell(self, *, tokens_per_second: float = 0.0, **told: Any) -> None:
        is_pretraining = self._step < self._settings.pretraining_steps
        line = AdversarialProgress(
            step=self._step,
            total_steps=self._settings.total_steps,
            epoch=self._epoch,
            phase="pretraining" if is_pretraining else "game",
            learning_rate=self._players.learning_rate(is_pretraining),
            tokens_per_second=tokens_per_second,
            seconds=round(self._seconds, 3),
            at=datetime.now(UTC).isoformat(timespec="seconds"),
            **told,
        )
        self._folder.append_metrics(line)
        if self._on_progress is not None:
            self._on_progress(line)

    def _draw(self) -> None:
        svg, png = losses_plot(self._folder.read_metrics())
        write_file(self._folder.path / "loss.svg", svg)
        write_file(self._folder.path / "loss.png", png)

    def _save(self) -> None:
        memory = {
            "evaluations": self._evaluations,
            "losses": self._losses,
            "pending": self._pending,
            "seconds": self._seconds,
        }
        variables = [np.asarray(variable) for variable in self._players.variables]
        self._folder.write_state(ResumeState(self._step, variables, memory))
        self._saved = time.monotonic()
        self._describe()
        self._folder.write_run(self._run)

    def _restore(self) -> None:
        state = self._folder.read_state()
        if state is not None:
            variables = self._players.variables
            if [tuple(v.shape) for v in variables] != [array.shape for array in state.variables]:
                raise RunError(
                    f"The run in {self._folder.path} was saved by another version; take another folder."
                )
            for variable, array in zip(variables, state.variables, strict=True):
                variable.assign(array)
            self._step = state.step
            self._evaluations = state.memory["evaluations"]
            self._losses = state.memory["losses"]
            self._pending = state.memory["pending"]
            self._spent_before = state.memory["seconds"]
        self._folder.forget_metrics_after(self._step if state is not None else -1)
        self._describe()

    def _describe(self) -> None:
        best = min(self._evaluations, key=lambda one: one["validation"]["distance"], default=None)
        self._run.update(
            step=self._step,
            total_steps=self._settings.total_steps,
            epoch=self._epoch,
            seconds=round(self._seconds, 3),
            checkpoints=[evaluation["checkpoint"] for evaluation in self._evaluations],
            best_checkpoint=best["checkpoint"] if best else None,
            validation=best["validation"] if best else None,
        )


def _players(config: CRNNGANConfig, corpus: Corpus, settings: AdversarialSettings) -> Players:
    generator_network = GeneratorNetwork(config, seed=settings.seed)
    discriminator_network = DiscriminatorNetwork(config, seed=settings.seed + 1)
    averaged_network = GeneratorNetwork(config, seed=settings.seed)
    generator_network.place(np.asarray(corpus.cells("train").values))
    put_weights(averaged_network, weights_of(generator_network))
    return Players(generator_network, discriminator_network, averaged_network, settings)


def _described(folder: RunFolder, corpus: Corpus, settings: AdversarialSettings) -> dict[str, Any]:
    """The content of run.json: what it says, or of a run that begins."""
    run = folder.read_run()
    if run is None:
        return {
            "format_version": 1,
            "state": "running",
            "settings": settings.to_json(),
            "corpus_hash": corpus.corpus_hash,
            "baseline": {},
            "step": 0,
            "seconds": 0.0,
            "checkpoints": [],
            "best_checkpoint": None,
            "validation": None,
            "test": None,
        }
    if run["corpus_hash"] != corpus.corpus_hash:
        raise RunError(f"The run in {folder.path} learns from another corpus; take another folder.")
    differing = [name for name, value in settings.to_json().items() if run["settings"].get(name) != value]
    if differing:
        raise RunError(
            f"The run in {folder.path} has other settings ({', '.join(differing)}); "
            "give the same ones to go on, or take another folder."
        )
    run.pop("reason", None)
    return run


def _result(folder: RunFolder, run: dict[str, Any]) -> RunResult:
    best = run["best_checkpoint"]
    return RunResult(
        state=run["state"],
        folder=folder.path,
        step=run["step"],
        best_checkpoint=folder.checkpoints / best if best else None,
        validation=run["validation"],
        test=run["test"],
        baseline=run["baseline"],
        seconds=run["seconds"],
    )
