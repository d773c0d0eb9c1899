"""Training a network on a prepared corpus by next-token likelihood.

Needs NumPy, Keras and a corpus folder; no MIDI library, no site. The same call on the same
folder goes on where it was stopped or killed, and ends as if it had never been.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import keras

from musicgen.corpus.reader import Corpus, open_corpus
from musicgen.learning.checkpoint import Weights, add_metrics, put_weights, read_weights
from musicgen.learning.devices import Devices
from musicgen.learning.fitting import Fitting, Following, TrainingBatches
from musicgen.learning.hosts import ALONE, Hosts
from musicgen.learning.likelihood import (
    Likelihood,
    PieceScorer,
    StreamedNetwork,
    beginnings_of,
    unigram_baseline,
)
from musicgen.learning.progress import TrainProgress
from musicgen.learning.run_files import RunError, RunFolder
from musicgen.learning.samples import JudgedSamples, SampleJudge, Sampling, keep_samples
from musicgen.learning.settings import TrainSettings
from musicgen.learning.streams import Piece, TrainingPlan
from musicgen.learning.tasks import task_pieces
from musicgen.networks import build_network
from musicgen.representation import EventVocabulary, Vocabulary

SAVE_SECONDS: Final = 30.0  # between saved states: at most this much work is lost when killed
_WARM_UP_STEPS: Final = 200  # or a tenth of a short training
_FINAL_RATE: Final = 0.02  # of the highest learning rate, at the cosine's end
JUDGED_TOKENS: Final = 30_000  # of the beginnings of validation pieces, at each evaluation on the way


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a call of `train` ended.

    Attributes:
        state: "finished", or "stopped" if `should_stop` said so: the same call goes on.
        folder: the run's.
        step: batches learned.
        best_checkpoint: its folder; None if stopped before the first evaluation.
        validation: likelihood of the best checkpoint on the validation pieces.
        test: the same on the test pieces; only once finished.
        baseline: the unigram baseline's likelihood, by split.
        seconds: spent training, over all calls.
    """

    state: str
    folder: Path
    step: int
    best_checkpoint: Path | None
    validation: Mapping[str, Any] | None
    test: Mapping[str, Any] | None
    baseline: Mapping[str, Any]
    seconds: float


def train(
    corpus: Path,
    out: Path,
    settings: TrainSettings,
    *,
    on_progress: Callable[[TrainProgress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    save_seconds: float = SAVE_SECONDS,
    sampling: Sampling | None = None,
    devices: int = 0,
    hosts: Hosts = ALONE,
) -> RunResult:
    """Train, or go on training.

    Args:
        corpus: folder that `prepare` wrote.
        out: the run's folder; if it holds a run of the same settings and corpus, that goes on. Of several
            hosts only the first reads or writes it.
        settings: what to train and how.
        on_progress: given each line that goes to metrics.jsonl.
        should_stop: asked after each batch; if true, everything is saved and the call returns.
        save_seconds: time between saved states.
        sampling: composes the settings' samples at each evaluation; without it there are none.
        devices: how many to learn on, see `Devices`.
        hosts: that call this together, each with the same corpus and settings.

    Raises:
        CorpusError: no corpus, or a damaged one.
        RunError: the folder is another run's or in use, the corpus has no held-out pieces, or
            the loss left all bounds.
        DevicesError: so many devices are not there, or cannot share a batch.
    """
    opened = open_corpus(corpus)
    for split in ("train", "validation", "test"):
        if not len(opened.pieces(split)):
            raise RunError(
                f"The corpus in {corpus} has no {split} pieces, so nothing could be learned or judged; "
                "prepare it from more files."
            )
    folder = RunFolder(out)
    if not hosts.is_first:
        return _followed(folder, opened, settings, should_stop, devices, hosts)
    with folder.held():
        run = _described(folder, opened, settings)
        if hosts.any(run["state"] == "finished"):
            return _result(folder, run)
        run["state"] = "running"
        folder.write_run(run)
        try:
            shared = Devices(devices, _plan(opened, settings).rows, hosts)
            _train(folder, run, opened, settings, on_progress, should_stop, save_seconds, sampling, shared)
        except BaseException as error:
            run["state"] = "failed"
            run["reason"] = str(error) or type(error).__name__
            folder.write_run(run)
            raise
        return _result(folder, run)


def _described(folder: RunFolder, corpus: Corpus, settings: TrainSettings) -> dict[str, Any]:
    run = folder.read_run()
    if run is None:
        baseline = {
            split: unigram_baseline(corpus.pieces("train"), pieces, corpus.vocabulary).to_json()
            for split, pieces in (
                ("validation", beginnings_of(corpus.pieces("validation"), JUDGED_TOKENS)),
                ("test", corpus.pieces("test")),
            )
        }
        return {
            "format_version": 1,
            "state": "running",
            "settings": settings.to_json(),
            "corpus_hash": corpus.corpus_hash,
            "baseline": {"unigram": baseline},
            "step": 0,
            "seconds": 0.0,
            "checkpoints": [],
            "best_checkpoint": None,
            "validation": None,
            "test": None,
        }
    if run["corpus_hash"] != corpus.corpus_hash:
        raise RunError(f"The run in {folder.path} learns from another corpus; take another folder.")
    before = {**TrainSettings().to_json(), **run["settings"]}  # of a version that knew fewer
    if before != settings.to_json():
        differing = [name for name, value in settings.to_json().items() if before.get(name) != value]
        raise RunError(
            f"The run in {folder.path} has other settings ({', '.join(differing)}); "
            "give the same ones to go on, or take another folder."
        )
    run.pop("reason", None)
    return run


def _train(
    folder: RunFolder,
    run: dict[str, Any],
    corpus: Corpus,
    settings: TrainSettings,
    on_progress: Callable[[TrainProgress], None] | None,
    should_stop: Callable[[], bool] | None,
    save_seconds: float,
    sampling: Sampling | None,
    devices: Devices,
) -> None:
    vocabulary = corpus.vocabulary
    plan = _plan(corpus, settings)
    streamed = _learner(plan, vocabulary, settings, devices)
    # A network of its own, because the one that learns may be anywhere between two batches.
    judged = _built(replace(settings, precision="float32"), vocabulary)
    scorer = PieceScorer(judged, vocabulary)
    beginnings = beginnings_of(corpus.pieces("validation"), JUDGED_TOKENS)

    sample = _sampler(folder, judged, corpus, settings, sampling)

    def judge(weights: Weights, step: int) -> tuple[Likelihood, JudgedSamples | None]:
        with devices.apart():
            put_weights(judged, weights)
            return scorer.score(beginnings), None if sample is None else sample(step)

    fitting = Fitting(
        folder,
        run,
        plan,
        settings,
        vocabulary,
        judge=judge,
        devices=devices,
        on_progress=on_progress,
        should_stop=should_stop,
        save_seconds=save_seconds,
    )
    fitting.restore(streamed)
    _fit(streamed, fitting, plan, devices)
    if fitting.is_over:
        _judge(folder, run, judged, scorer, corpus)
        fitting.draw()
    else:
        run["state"] = "stopped"
    folder.write_run(run)
    devices.hosts.any(False)  # a host that leaves early would be taken for lost


def _followed(
    folder: RunFolder,
    corpus: Corpus,
    settings: TrainSettings,
    should_stop: Callable[[], bool] | None,
    device_count: int,
    hosts: Hosts,
) -> RunResult:
    """Learn as one of the hosts that are not the first."""
    state, step = "finished", 0
    if not hosts.any(False):
        plan = _plan(corpus, settings)
        devices = Devices(device_count, plan.rows, hosts)
        streamed = _learner(plan, corpus.vocabulary, settings, devices)
        following = Following(plan, devices, should_stop)
        following.restore(streamed)
        _fit(streamed, following, plan, devices)
        state, step = "finished" if following.is_over else "stopped", following.step
        hosts.any(False)
    return RunResult(state, folder.path, step, None, None, None, {}, 0.0)


def _learner(
    plan: TrainingPlan, vocabulary: Vocabulary, settings: TrainSettings, devices: Devices
) -> StreamedNetwork:
    with devices.building():
        streamed = _compiled(_built(settings, vocabulary), plan, settings, devices)
    devices.scatter_seeds(streamed)
    return streamed


def _fit(
    streamed: StreamedNetwork, fitting: Fitting | Following, plan: TrainingPlan, devices: Devices
) -> None:
    if fitting.is_over:
        return
    # One flat stream of batches: epochs, evaluations and stops are places in it, so that
    # a training can go on at any batch.
    batches = TrainingBatches(plan, fitting.step, devices.hosts.rows(plan.rows))
    with devices.learning():
        streamed.fit(batches, callbacks=[fitting], epochs=1, verbose=0, shuffle=False)


def _plan(corpus: Corpus, settings: TrainSettings) -> TrainingPlan:
    return TrainingPlan(
        [*corpus.pieces("train"), *_task_pieces(corpus, settings)],
        epochs=settings.max_epochs,
        rows=settings.batch_size,
        length=settings.sequence_length,
        pad=corpus.vocabulary.pad,
        seed=settings.seed,
        max_steps=settings.max_steps,
    )


def _built(settings: TrainSettings, vocabulary: Vocabulary) -> Any:
    config = settings.network_config(vocabulary.size, vocabulary.front_length)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(settings.precision)
    try:
        return build_network(settings.network, config, seed=settings.seed)
    finally:
        keras.config.set_dtype_policy(before)


def _sampler(
    folder: RunFolder, network: Any, corpus: Corpus, settings: TrainSettings, sampling: Sampling | None
) -> Callable[[int], JudgedSamples] | None:
    if sampling is None or not settings.samples:
        return None
    judge = SampleJudge(
        sampling.composer(network, corpus.vocabulary),
        corpus.pieces("validation"),
        corpus.vocabulary,
        count=settings.samples,
        seed=settings.seed,
    )

    def sample(step: int) -> JudgedSamples:
        judged, scores = judge.judged()
        keep_samples(folder.sample_folder(step), scores, sampling.to_midi)
        return judged

    return sample


def _task_pieces(corpus: Corpus, settings: TrainSettings) -> list[Piece]:
    if not settings.task_share:
        return []
    if not isinstance(corpus.vocabulary, EventVocabulary):
        raise RunError("Only events have tasks; leave task_share at 0 for this corpus.")
    return task_pieces(
        corpus.pieces("train"), corpus.vocabulary, share=settings.task_share, seed=settings.seed
    )


def _compiled(network: Any, plan: TrainingPlan, settings: TrainSettings, devices: Devices) -> StreamedNetwork:
    warm_up = max(1, min(_WARM_UP_STEPS, plan.total_steps // 10))
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=settings.learning_rate / warm_up,
        warmup_target=settings.learning_rate,
        warmup_steps=warm_up,
        decay_steps=max(1, plan.total_steps - warm_up),
        alpha=_FINAL_RATE,
    )
    streamed = StreamedNetwork(network, devices.rows_of_each)
    streamed.compile(
        optimizer=devices.optimizer(
            learning_rate=schedule,
            global_clipnorm=settings.clip_norm,
            gradient_accumulation_steps=settings.accumulation if settings.accumulation > 1 else None,
        ),
        # A sum over tokens over their number on all devices: `TrainingBatches` weighs them so.
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum_over_batch_size"),
        # Measured on CPU: XLA runs the LSTM's loop a third slower than TensorFlow's own.
        jit_compile=keras.backend.backend() == "jax",
    )
    streamed.optimizer.build(streamed.trainable_variables)
    return streamed


def _judge(folder: RunFolder, run: dict[str, Any], network: Any, scorer: PieceScorer, corpus: Corpus) -> None:
    """Look at the test pieces, for the first and only time, with the best weights."""
    best = folder.checkpoints / run["best_checkpoint"]
    put_weights(network, read_weights(best))
    test: Likelihood = scorer.score(corpus.pieces("test"))
    run["test"] = test.to_json()
    run["state"] = "finished"
    add_metrics(best, {"test": run["test"]})


def _result(folder: RunFolder, run: Mapping[str, Any]) -> RunResult:
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
