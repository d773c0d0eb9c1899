"""Better and better: the same seeds at every checkpoint, and what is known of each step."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from listening.models import StepMeasurement
from listening.selectors.better import (
    charts,
    claim,
    run_checkpoints,
    shipped_run_checkpoints,
    sounds_by_step,
    training_name,
    trends,
)
from listening.selectors.steps import findings_of
from listening.services.measurement import LEAST_CHECKPOINTS, measurement_ask
from training.models import Checkpoint, Run
from training.selectors import may_change_run, may_see_dataset


def _run(request: HttpRequest, pk: int) -> Run:
    run = get_object_or_404(Run.objects.select_related("dataset"), pk=pk)
    if not (may_see_dataset(request.user, run.dataset) or may_change_run(request.user, run)):
        raise Http404("There is no such run.")
    return run


@require_safe
def better_run(request: HttpRequest, pk: int) -> HttpResponse:
    """Of a run on this site."""
    run = _run(request, pk)
    return _page(request, run_checkpoints(run), run)


@require_POST
def better_measure(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a run's checkpoints measured; only for whoever may change the run."""
    run = _run(request, pk)
    if not may_change_run(request.user, run):
        raise Http404("There is no such run of yours.")
    if len(run_checkpoints(run)) < LEAST_CHECKPOINTS:
        messages.error(request, _("There are not two checkpoints yet. Wait for the next evaluation."))
    else:
        measurement_ask(run=run)
        messages.success(
            request, _("Its checkpoints are being measured. That takes a minute or two for each.")
        )
    return redirect("listening:better_run", pk=pk)


@require_safe
def better_shipped(request: HttpRequest, name: str) -> HttpResponse:
    """Of a training whose checkpoints come with the project."""
    checkpoints = shipped_run_checkpoints(name)
    if not checkpoints:
        raise Http404("There is no such training.")
    return _page(request, checkpoints, None)


def _page(request: HttpRequest, checkpoints: list[Checkpoint], run: Run | None) -> HttpResponse:
    words, trend = claim(checkpoints)
    findings = findings_of(run, training_name(checkpoints))
    best = next((one for one in checkpoints if one.is_best), checkpoints[-1] if checkpoints else None)
    context = {
        "run": run,
        "best": best,
        "claim": words,
        "trend": trend,
        "trends": trends(checkpoints, findings),
        "charts": charts(checkpoints, run, findings),
        "songs": findings.songs,
        "steps": sounds_by_step(checkpoints, run),
        "measurement": StepMeasurement.objects.filter(run=run).first() if run else None,
        "may_measure": run is not None
        and len(checkpoints) >= LEAST_CHECKPOINTS
        and may_change_run(request.user, run),
    }
    return render(request, "listening/better.html", context)
