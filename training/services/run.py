"""Runs are started, stopped, resumed, and report how far they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from musicgen.score import Score
from musicgen.statistics import song_statistics
from training.models import Corpus, Dataset, DatasetVersion, Run, RunSample, Trial, WorkState
from training.selectors.quota import usage_of
from training.services.work import work_enqueue, work_report, work_request_cancel, work_requeue
from training.trainings import LENGTHENING, settings_of, trainings

NO_TRANSPOSITION: Final = (0,)
ALL_TRANSPOSITIONS: Final = tuple(range(-5, 7))  # semitones: each key once


class RunRefusedError(ValueError):
    """The run cannot be started; the message says why and what to do."""


class DatasetNotReadyError(RunRefusedError):
    """The dataset has nothing to learn from yet."""


class TrainingQuotaError(RunRefusedError):
    """The owner has used up their time for training."""


class RunNotExtensibleError(RunRefusedError):
    """The run cannot be made longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWish:
    """What is asked of a run beside its dataset and settings.

    Attributes:
        representation: what the corpus is prepared as; the network's usual one if empty.
        transposed: learn each piece in all twelve keys.
        take_samples: compose pieces at each checkpoint.
        needs_gpu, needs_memory_mb: what its worker must have.
        cloned_from: the run whose settings it began with.
    """

    representation: str = ""
    transposed: bool = False
    take_samples: bool = False
    needs_gpu: bool = False
    needs_memory_mb: int = 0
    cloned_from: Run | None = None


@transaction.atomic
def run_start(
    *,
    owner: User | None,
    dataset: Dataset,
    settings: Any,
    transposed: bool = False,
    wish: RunWish | None = None,
) -> Run:
    """Ask for a training on the newest version of a dataset.

    Args:
        settings: the core's, of whichever network.
        transposed: learn each piece in all twelve keys.
        wish: whatever else is asked for; says itself whether to transpose.

    Raises:
        DatasetNotReadyError: nothing was taken into the dataset, or not yet.
        TrainingQuotaError: see there.
    """
    _check_quota(owner)
    wish = wish or RunWish(transposed=transposed)
    version = newest_version(dataset)
    run = Run.objects.create(
        owner=owner,
        dataset=dataset,
        network=settings.network,
        representation=wish.representation or trainings()[settings.network].representations[0],
        settings=settings.to_json(),
        corpus_options=corpus_options(version, transposed=wish.transposed),
        dataset_version=version.number,
        take_samples=wish.take_samples,
        needs_gpu=wish.needs_gpu,
        needs_memory_mb=wish.needs_memory_mb,
        cloned_from=wish.cloned_from,
    )
    work_enqueue(row=run)
    return run


def newest_version(dataset: Dataset) -> DatasetVersion:
    """What a run that begins now learns from.

    Raises:
        DatasetNotReadyError: there is none yet.
    """
    version = dataset.versions.first()
    if version is None:
        raise DatasetNotReadyError(_("This dataset has no files to learn from yet."))
    return version


def corpus_options(version: DatasetVersion, *, transposed: bool) -> dict[str, Any]:
    """What the corpus is prepared with; the version's hash keeps corpora of versions apart."""
    shifts = ALL_TRANSPOSITIONS if transposed else NO_TRANSPOSITION
    return {"transpositions": list(shifts), "version": version.content_hash}


@transaction.atomic
def run_extend(*, run: Run, more: int, owner: User | None) -> Run:
    """Go on with a run that has finished, for longer: a new run that begins where it ended.

    Args:
        more: epochs, or steps of the game, beyond those it had.

    Raises:
        RunNotExtensibleError: it has not finished, or cannot become longer.
    """
    _check_quota(owner)
    name = next((name for name in LENGTHENING if run.settings.get(name)), None)
    if run.state != WorkState.FINISHED or name is None or more < 1:
        raise RunNotExtensibleError(
            _("Only a run that has finished can be extended. Resume this one instead.")
        )
    settings = {**run.settings, name: run.settings[name] + more}
    if "patience" in settings:
        settings["patience"] = max(settings["patience"], settings[name])
    extended = Run.objects.create(
        owner=owner,
        dataset=run.dataset,
        network=run.network,
        representation=run.representation,
        settings=settings_of(settings).to_json(),
        corpus_options=run.corpus_options,
        dataset_version=run.dataset_version,
        take_samples=run.take_samples,
        needs_gpu=run.needs_gpu,
        needs_memory_mb=run.needs_memory_mb,
        cloned_from=run,
        is_extension=True,
    )
    work_enqueue(row=extended)
    return extended


@transaction.atomic
def run_note(*, run: Run, notes: str, tags: Sequence[str]) -> None:
    """Write down what its owner says about it."""
    Run.objects.filter(pk=run.pk).update(notes=notes, tags=list(tags))
    run.refresh_from_db()


@transaction.atomic
def trial_start(
    *, owner: User | None, dataset: Dataset, settings: Any, representation: str, transposed: bool
) -> Trial:
    """Ask how long a run would take here, and how much memory.

    Raises:
        DatasetNotReadyError: nothing was taken into the dataset, or not yet.
    """
    version = newest_version(dataset)
    trial = Trial.objects.create(
        owner=owner,
        dataset=dataset,
        dataset_version=version.number,
        representation=representation,
        settings=settings.to_json(),
        corpus_options=corpus_options(version, transposed=transposed),
    )
    work_enqueue(row=trial)
    return trial


def run_add_sample(*, run: Run, step: int, seed: int, song: Score) -> RunSample:
    """Keep a piece that the run composed on the way, and have it played.

    Raises:
        WorkSupersededError, WorkCancelledError: see `work_report`.
    """
    statistics = song_statistics(song).to_json()  # takes a while: no transaction is open yet
    with transaction.atomic():
        sample, is_new = RunSample.objects.get_or_create(
            run=run,
            step=step,
            seed=seed,
            defaults={
                "note_count": song.note_count,
                "seconds": song.duration_seconds,
                "statistics": statistics,
            },
        )
        if is_new:
            work_enqueue(row=sample)
    return sample


def run_stop(*, run: Run) -> None:
    """Ask it to stop: it saves a checkpoint first, and can be resumed."""
    work_request_cancel(row=run)


def run_resume(*, run: Run) -> bool:
    """Go on from the last saved state. Returns whether the run was stopped or failed.

    Raises:
        TrainingQuotaError: see there.
    """
    if not run.can_resume:
        return False
    _check_quota(run.owner)
    return work_requeue(row=run)


def _check_quota(owner: User | None) -> None:
    if owner is None:
        return
    usage = usage_of(owner)
    if not usage.may_train:
        raise TrainingQuotaError(
            _(
                "You have trained for %(used)s hours in the last thirty days, of %(limit)s allowed. Wait, or "
                "ask whoever runs the site for more."
            )
            % {"used": f"{usage.train_hours:.1f}", "limit": f"{usage.train_limit_hours or 0:.1f}"}
        )


def run_use_corpus(*, run: Run, corpus: Corpus, environment: Mapping[str, Any]) -> None:
    """Write down what the run learns from, and what it is trained by.

    Raises:
        WorkSupersededError, WorkCancelledError: see `work_report`.
    """
    work_report(
        row=run,
        corpus=corpus,
        environment={**environment, "corpus_hash": corpus.corpus_hash},
        message=_("Starting the training"),
    )


def run_report_metrics(*, run: Run, lines: Sequence[Mapping[str, Any]]) -> None:
    """Write the newest figures of a training to its row, for lists and progress bars.

    Args:
        lines: of metrics.jsonl, in order; at least one.

    Raises:
        WorkSupersededError, WorkCancelledError: see `work_report`.
    """
    newest = lines[-1]
    total = int(newest["total_steps"])
    fields: dict[str, Any] = {
        "step": int(newest["step"]),
        "total_steps": total,
        "epoch": float(newest["epoch"]),
        "trained_seconds": float(newest["seconds"]),
        "progress": min(1.0, int(newest["step"]) / max(1, total)),
        "message": _("Training"),
    }
    for name in ("train_loss", "validation_loss"):
        known = [line[name] for line in lines if line.get(name) is not None]
        if known:
            fields[name] = float(known[-1])
    rates = [line["tokens_per_second"] for line in lines if line.get("tokens_per_second")]
    if rates:
        fields["tokens_per_second"] = float(rates[-1])
    work_report(row=run, **fields)
