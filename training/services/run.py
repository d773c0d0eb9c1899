"""Runs are started, stopped, resumed, and report how far they are."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from musicgen.learning import TrainSettings
from training.models import Corpus, Dataset, Run
from training.selectors.quota import usage_of
from training.services.work import work_enqueue, work_report, work_request_cancel, work_requeue

REPRESENTATION: Final = "chords"
NO_TRANSPOSITION: Final = (0,)
ALL_TRANSPOSITIONS: Final = tuple(range(-5, 7))  # semitones: each key once


class RunRefusedError(ValueError):
    """The run cannot be started; the message says why and what to do."""


class DatasetNotReadyError(RunRefusedError):
    """The dataset has nothing to learn from yet."""


class TrainingQuotaError(RunRefusedError):
    """The owner has used up their time for training."""


@transaction.atomic
def run_start(*, owner: User | None, dataset: Dataset, settings: TrainSettings, transposed: bool) -> Run:
    """Ask for a training.

    Args:
        transposed: learn each piece in all twelve keys.

    Raises:
        DatasetNotReadyError: nothing was taken into the dataset, or not yet.
        TrainingQuotaError: see there.
    """
    _check_quota(owner)
    version = dataset.versions.first()
    if version is None:
        raise DatasetNotReadyError(_("This dataset has no files to learn from yet."))
    run = Run.objects.create(
        owner=owner,
        dataset=dataset,
        network=settings.network,
        representation=REPRESENTATION,
        settings=settings.to_json(),
        corpus_options={
            "transpositions": list(ALL_TRANSPOSITIONS if transposed else NO_TRANSPOSITION),
            "version": version.content_hash,
        },
        dataset_version=version.number,
    )
    work_enqueue(row=run)
    return run


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


def run_use_corpus(*, run: Run, corpus: Corpus) -> None:
    """Write down what the run learns from.

    Raises:
        WorkSupersededError, WorkCancelledError: see `work_report`.
    """
    work_report(row=run, corpus=corpus, progress=0.0, message=_("Starting the training"))


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
