"""What happens around the batches of a training: Keras calls it back after each one."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

import keras
import numpy as np

from musicgen.learning.averaging import Average
from musicgen.learning.checkpoint import CheckpointInfo, Weights, weights_of, write_checkpoint
from musicgen.learning.devices import Devices
from musicgen.learning.durable import write_file
from musicgen.learning.likelihood import Likelihood, StreamedNetwork
from musicgen.learning.plot import loss_plot
from musicgen.learning.progress import TrainProgress
from musicgen.learning.run_files import ResumeState, RunError, RunFolder
from musicgen.learning.samples import JudgedSamples
from musicgen.learning.settings import TrainSettings
from musicgen.learning.streams import TrainingPlan
from musicgen.representation import Vocabulary

LINE_STEPS: Final = 10  # batches between lines of metrics
MAX_EVALUATIONS: Final = 24  # after epochs; each leaves a checkpoint on the disk
HALVINGS: Final = 6  # evaluations within the first epoch


def evaluated_steps(plan: TrainingPlan) -> set[int]:
    """After which steps a training is judged: first more often, as it learns faster then.

    Each half of the first epoch, or of the whole training where that is shorter, is halved
    again; then after epochs. The untrained network is judged beside these.
    """
    total = plan.total_steps
    first = min(int(plan.ends[0]), total)
    halves = {first >> halving for halving in range(1, HALVINGS + 1)} - {0}
    ends = [int(end) for end in plan.ends if end < total]
    every = math.ceil((len(ends) + 1) / MAX_EVALUATIONS)
    return {*halves, *ends[every - 1 :: every], total}


class TrainingBatches(keras.utils.PyDataset):
    """The batches of a plan from a step on, as `fit` reads them: tokens, the next ones, and weights.

    The weights of a batch have a mean of 1: a loss summed over any part of its rows and divided by
    their size adds up, over all parts, to the mean over the tokens that are there.

    Read by one thread: with more, Keras (3.15, on JAX) mixes up the order of batches, and a
    row's chunks must follow each other.

    Args:
        plan: of all rows.
        first_step: where to begin.
        rows: of each batch that are read here.
    """

    def __init__(self, plan: TrainingPlan, first_step: int, rows: slice) -> None:
        super().__init__(workers=1)
        self._plan = plan
        self._first_step = first_step
        self._rows = rows

    def __len__(self) -> int:
        return self._plan.total_steps - self._first_step

    def __getitem__(self, index: int) -> tuple[dict[str, Any], Any, Any]:
        batch = self._plan.batch(self._first_step + index)
        weights = batch.mask * np.float32(batch.mask.size / batch.mask.sum())
        rows = self._rows
        inputs = {"tokens": batch.tokens[rows], "starts": batch.starts[rows]}
        return inputs, batch.targets[rows], weights[rows]


class Following(keras.callbacks.Callback):
    """What happens around a batch on a host that is not the first: it stops where the first stops.

    What all hosts compute together, they must compute in the same order: whatever `Fitting` asks
    of the others or of what is shared among them has its like here.

    Args:
        plan: the batches.
        devices: that it learns on, with its hosts.
        should_stop: as for `train`.
    """

    def __init__(self, plan: TrainingPlan, devices: Devices, should_stop: Callable[[], bool] | None) -> None:
        super().__init__()
        self._hosts = devices.hosts
        self._devices = devices
        self._should_stop = should_stop
        self._evaluated_steps = evaluated_steps(plan)
        self.step = 0
        self.is_over = False

    def restore(self, streamed: StreamedNetwork) -> None:
        """Begin where the first host does, with what it has."""
        self.step, self.is_over = _begun_together(self._devices, streamed, None, is_over=False)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Ask whether to stop, and wait while the first host judges what was learned."""
        self.step += 1
        stopping = self._hosts.any(self._should_stop is not None and self._should_stop())
        due = self.step in self._evaluated_steps
        if due or self.step % LINE_STEPS == 0:
            self.model.reset_metrics()
        self.is_over = due and self._hosts.any(False)
        if stopping or self.is_over:
            self.model.stop_training = True


class Fitting(keras.callbacks.Callback):
    """Keeps a run's folder up to date while Keras trains: metrics, evaluations, saved states.

    Args:
        folder: the run's.
        run: content of run.json, changed as training goes on.
        plan: the batches.
        settings: the run's.
        vocabulary: goes into checkpoints.
        judge: gives the validation likelihood of the network with certain weights at a step, and how
            near its samples are to the data; None without samples.
        devices: that it learns on.
        on_progress, should_stop, save_seconds: as for `train`.
    """

    def __init__(
        self,
        folder: RunFolder,
        run: dict[str, Any],
        plan: TrainingPlan,
        settings: TrainSettings,
        vocabulary: Vocabulary,
        *,
        judge: Callable[[Weights, int], tuple[Likelihood, JudgedSamples | None]],
        devices: Devices,
        on_progress: Callable[[TrainProgress], None] | None,
        should_stop: Callable[[], bool] | None,
        save_seconds: float,
    ) -> None:
        super().__init__()
        self._folder = folder
        self._run = run
        self._plan = plan
        self._settings = settings
        self._vocabulary = vocabulary
        self._judge = judge
        self._devices = devices
        self._hosts = devices.hosts
        self._on_progress = on_progress
        self._should_stop = should_stop
        self._save_seconds = save_seconds
        self._evaluated_steps = evaluated_steps(plan)
        self.average = Average(settings.averaging)
        self.step = 0
        self._evaluations: list[dict[str, Any]] = []
        self._spent_before = 0.0
        self._started = self._saved = self._line_started = time.monotonic()
        self._line_tokens = 0

    @property
    def is_over(self) -> bool:
        """Whether all batches are learned, or learning no longer helps."""
        losses = [evaluation["validation_loss"] for evaluation in self._evaluations]
        since_best = len(losses) - 1 - losses.index(min(losses)) if losses else 0
        return self.step >= self._plan.total_steps or since_best >= self._settings.patience

    @property
    def _seconds(self) -> float:
        return self._spent_before + time.monotonic() - self._started

    def restore(self, streamed: StreamedNetwork) -> None:
        """Go on from the newest whole state, if there is one.

        Raises:
            RunError: it is of another version of this program.
        """
        state = self._folder.read_state()
        if state is not None:
            variables, before = _variables(streamed), state.memory.get("devices", 1)
            if keras.backend.backend() == "tensorflow" and before != self._devices.count:
                raise RunError(
                    f"The run in {self._folder.path} learned on {before} devices, here there are "
                    f"{self._devices.count}; give --devices {before} to go on."
                )
            if [self._devices.values(v).shape for v in variables] != [a.shape for a in state.variables]:
                raise RunError(
                    f"The run in {self._folder.path} was saved by another version; take another folder."
                )
            self.average.weights = state.average
            self.step = state.step
            self._evaluations = state.memory["evaluations"]
            self._spent_before = state.memory["seconds"]
        _begun_together(self._devices, streamed, state, is_over=self.is_over)
        self._folder.forget_metrics_after(self.step)
        self._describe()

    def on_train_begin(self, logs: Any = None) -> None:
        """The clock starts; the untrained network is the first to be judged."""
        self._started = self._saved = self._line_started = time.monotonic()
        if self.step == 0 and not self._evaluations:
            self._evaluate()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Write what is due after a batch; stop if it is over or asked for."""
        self._line_tokens += int(self._plan.batch(self.step).mask.sum())
        self.step += 1
        stopping = self._hosts.any(self._should_stop is not None and self._should_stop())
        self.average.follow(self.step, lambda: self._weights(of_now=True))
        loss = float((logs or {})["loss"])
        if not math.isfinite(loss):
            raise RunError(
                f"The loss is {loss} at step {self.step}: learning ran away. "
                "Start another run with a lower learning_rate."
            )
        due = self.step in self._evaluated_steps
        saving = due or stopping or time.monotonic() - self._saved >= self._save_seconds
        if due or self.step % LINE_STEPS == 0:
            self._write_line(loss)
        if due:
            self._evaluate()
        if saving:
            self._save()
        if due:
            self._hosts.any(self.is_over)  # the others wait for it
        if stopping or self.is_over:
            self.model.stop_training = True

    def _write_line(self, loss: float) -> None:
        elapsed = time.monotonic() - self._line_started
        self._tell(train_loss=loss, tokens_per_second=self._line_tokens / max(elapsed, 1e-9))
        self.model.reset_metrics()  # so that the next line's loss is of its own batches only
        self._line_started, self._line_tokens = time.monotonic(), 0

    def _weights(self, *, of_now: bool = False) -> Weights:
        """The weights to judge and keep: averaged, if asked for, or else as they are now."""
        if self.average.weights and not of_now:
            return self.average.weights
        _synced(self.model)
        return weights_of(self.model.network)

    def _evaluate(self) -> None:
        weights = self._weights()
        likelihood, samples = self._judge(weights, self.step)
        name = self._folder.checkpoint_folder(self.step).name
        self._evaluations.append(
            {
                "step": self.step,
                "validation_loss": likelihood.nats_per_token,
                "validation": likelihood.to_json(),
                "checkpoint": name,
            }
        )
        unigram = self._run["baseline"]["unigram"]
        write_checkpoint(
            self._folder.checkpoint_folder(self.step),
            CheckpointInfo(
                network=self._settings.network,
                config=self._settings.network_config(self._vocabulary.size, self._vocabulary.front_length),
                vocabulary=self._vocabulary.to_json(),
                corpus_hash=self._run["corpus_hash"],
                step=self.step,
                epoch=self._plan.progress_of(self.step),
                metrics={"validation": likelihood.to_json(), "unigram": unigram},
                seed=self._settings.seed,
                settings=self._settings.to_json(),
            ),
            weights,
        )
        self._tell(validation_loss=likelihood.nats_per_token, checkpoint=name, samples=samples)
        self.draw()
        self._line_started = time.monotonic()

    def _tell(
        self,
        *,
        train_loss: float | None = None,
        validation_loss: float | None = None,
        tokens_per_second: float = 0.0,
        checkpoint: str | None = None,
        samples: JudgedSamples | None = None,
    ) -> None:
        line = TrainProgress(
            step=self.step,
            total_steps=self._plan.total_steps,
            epoch=round(self._plan.progress_of(self.step), 4),
            train_loss=train_loss,
            validation_loss=validation_loss,
            learning_rate=float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)),
            tokens_per_second=round(tokens_per_second, 1),
            seconds=round(self._seconds, 3),
            at=datetime.now(UTC).isoformat(timespec="seconds"),
            checkpoint=checkpoint,
            **({} if samples is None else asdict(samples)),
        )
        self._folder.append_metrics(line)
        if self._on_progress is not None:
            self._on_progress(line)

    def _save(self) -> None:
        _synced(self.model)
        variables = [self._devices.values(variable) for variable in _variables(self.model)]
        memory = {
            "evaluations": self._evaluations,
            "seconds": self._seconds,
            "devices": self._devices.count,
        }
        self._folder.write_state(ResumeState(self.step, variables, memory, self.average.weights))
        self._saved = time.monotonic()
        self._describe()
        self._folder.write_run(self._run)

    def _describe(self) -> None:
        best = min(self._evaluations, key=lambda evaluation: evaluation["validation_loss"], default=None)
        self._run.update(
            step=self.step,
            total_steps=self._plan.total_steps,
            epoch=round(self._plan.progress_of(self.step), 4),
            seconds=round(self._seconds, 3),
            checkpoints=[evaluation["checkpoint"] for evaluation in self._evaluations],
            best_checkpoint=best["checkpoint"] if best else None,
            validation=best["validation"] if best else None,
        )

    def draw(self) -> None:
        """Draw the curves anew."""
        unigram = self._run["baseline"]["unigram"]["validation"]["nats_per_token"]
        svg, png = loss_plot(self._folder.read_metrics(), unigram=unigram)
        write_file(self._folder.path / "loss.svg", svg)
        write_file(self._folder.path / "loss.png", png)


def _synced(model: Any) -> None:
    """Bring variables up to date: on JAX `fit` holds their values itself."""
    sync = getattr(model, "jax_state_sync", None)
    if sync is not None:
        sync()


def _variables(streamed: StreamedNetwork) -> list[Any]:
    return [*streamed.variables, *streamed.optimizer.variables]


def _begun_together(
    devices: Devices, streamed: StreamedNetwork, state: ResumeState | None, *, is_over: bool
) -> tuple[int, bool]:
    """Put the first host's state into the network of every host.

    Args:
        devices: with their hosts.
        streamed: the network that learns.
        state: the first host's; None if it has none, and on the others.
        is_over: on the first, whether nothing is left to learn.

    Returns:
        Batches learned before, and whether it is over.
    """
    here = np.array([-1 if state is None else state.step, is_over], np.int32)
    step, over = map(int, devices.hosts.of_first([here])[0])
    if step < 0:
        return 0, False
    variables = _variables(streamed)
    arrays = [devices.values(variable) for variable in variables] if state is None else state.variables
    for variable, array in zip(variables, devices.hosts.of_first(arrays), strict=True):
        devices.put(variable, array)
    return step, bool(over)
