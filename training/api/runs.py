"""Runs: start them, follow them, stop them."""

import json
from typing import Any

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema, Status
from ninja.pagination import paginate

from accounts.api import Needs, Paged, Problem, ProblemError, anybody
from accounts.models import Scope, User
from accounts.roles import is_moderator
from musicgen.learning import SettingsError
from training.api.answers import CheckpointAnswer, RunAnswer
from training.models import Checkpoint, Dataset, Run
from training.selectors import may_change_run, may_see_dataset, run_curve, run_log_tail
from training.services import RunRefusedError, run_resume, run_start, run_stop
from training.trainings import DEFAULT_PRESET, settings_of, trainings

router = Router(tags=["runs"])


class RunWish(Schema):
    """What to train on what. Settings that are left out take their defaults."""

    dataset_id: int = Field(ge=1)
    settings: dict[str, Any] = Field(default_factory=dict, description="see /api/v1/runs/settings")
    transposed: bool = Field(False, description="learn every piece in all twelve keys")


class RunSettings(Schema):
    """The settings that a run takes, with their defaults: of the LSTM, and of every network."""

    defaults: dict[str, Any]
    networks: dict[str, dict[str, Any]]


class Curve(Schema):
    """Figures of a run by field, in the order of steps."""

    points: dict[str, list[Any]]
    baseline: float | None


class Log(Schema):
    """The end of what the training wrote."""

    text: str


@router.get("/settings", auth=anybody, response=RunSettings)
def list_run_settings(request: HttpRequest) -> Any:
    """Every setting of a run with its default."""
    networks = {name: one.presets[DEFAULT_PRESET] for name, one in trainings().items()}
    return {"defaults": networks["lstm"], "networks": networks}


@router.get("", auth=anybody, response=list[RunAnswer])
@paginate(Paged)
def list_runs(request: HttpRequest) -> Any:
    """Runs, the newest first."""
    rows = Run.objects.listed_for(request.user, everything=is_moderator(request.user))
    return rows.select_related("corpus").order_by("-created_at", "-pk")


@router.post(
    "",
    auth=Needs(Scope.RUNS),
    response={201: RunAnswer, 404: Problem, 409: Problem, 422: Problem},
)
def start_run(request: HttpRequest, wish: RunWish) -> Any:
    """Start a training; it waits for a worker."""
    dataset = get_object_or_404(
        Dataset.objects.seen_by(request.user, everything=is_moderator(request.user)), pk=wish.dataset_id
    )
    try:
        # JSON has no NaN; what Python reads as one must not reach the settings.
        settings = settings_of(json.loads(json.dumps(wish.settings, allow_nan=False)))
    except SettingsError as error:
        raise ProblemError(422, str(error), errors={error.field: [str(error)]}) from error
    except ValueError as error:
        raise ProblemError(422, _("Numbers must be finite.")) from error
    assert isinstance(request.user, User)
    try:
        row = run_start(owner=request.user, dataset=dataset, settings=settings, transposed=wish.transposed)
    except RunRefusedError as error:
        raise ProblemError(409, str(error)) from error
    return Status(201, row)


@router.get("/{int:run_id}", auth=anybody, response={200: RunAnswer, 404: Problem})
def get_run(request: HttpRequest, run_id: int) -> Any:
    """One run."""
    return _seen(request, run_id)


@router.get("/{int:run_id}/metrics", auth=anybody, response={200: Curve, 404: Problem})
def get_run_metrics(request: HttpRequest, run_id: int, after: int = 0) -> Any:
    """Losses and rates from a step on, for drawing or following."""
    return run_curve(_seen(request, run_id), after)


@router.get("/{int:run_id}/checkpoints", auth=anybody, response={200: list[CheckpointAnswer], 404: Problem})
@paginate(Paged)
def list_run_checkpoints(request: HttpRequest, run_id: int) -> Any:
    """What the run left that can be composed from, the latest step first."""
    run = _seen(request, run_id)
    shown = Checkpoint.objects.filter(run=run).order_by("-step")
    return shown if may_change_run(request.user, run) else shown.filter(is_published=True)


@router.get("/{int:run_id}/log", auth=Needs(Scope.READ), response={200: Log, 403: Problem, 404: Problem})
def get_run_log(request: HttpRequest, run_id: int) -> Any:
    """The end of the log, for whoever may change the run."""
    return {"text": run_log_tail(_mine(request, run_id))}


@router.post(
    "/{int:run_id}/stop",
    auth=Needs(Scope.RUNS),
    response={202: RunAnswer, 403: Problem, 404: Problem},
)
def stop_run(request: HttpRequest, run_id: int) -> Any:
    """Stop it with a checkpoint; it can go on later."""
    run_stop(run=_mine(request, run_id))
    return Status(202, _seen(request, run_id))


@router.post(
    "/{int:run_id}/resume",
    auth=Needs(Scope.RUNS),
    response={202: RunAnswer, 403: Problem, 404: Problem, 409: Problem},
)
def resume_run(request: HttpRequest, run_id: int) -> Any:
    """Go on from its last saved state."""
    try:
        goes_on = run_resume(run=_mine(request, run_id))
    except RunRefusedError as error:
        raise ProblemError(409, str(error)) from error
    if not goes_on:
        raise ProblemError(409, _("This run is on its way already, or has finished."))
    return Status(202, _seen(request, run_id))


def _seen(request: HttpRequest, run_id: int) -> Run:
    row = get_object_or_404(Run.objects.select_related("corpus", "dataset"), pk=run_id)
    if not (may_see_dataset(request.user, row.dataset) or may_change_run(request.user, row)):
        raise Http404
    return row


def _mine(request: HttpRequest, run_id: int) -> Run:
    row = _seen(request, run_id)
    if not may_change_run(request.user, row):
        raise ProblemError(403, _("This run is somebody else’s."))
    return row
