"""Better and better: the same seeds at every checkpoint, and what is known of each step."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from listening.selectors.better import (
    charts,
    claim,
    loss_trend,
    run_checkpoints,
    shipped_run_checkpoints,
    sounds_by_step,
)
from training.models import Checkpoint, Run
from training.selectors import may_change_run, may_see_dataset


@require_safe
def better_run(request: HttpRequest, pk: int) -> HttpResponse:
    """Of a run on this site."""
    run = get_object_or_404(Run.objects.select_related("dataset"), pk=pk)
    if not (may_see_dataset(request.user, run.dataset) or may_change_run(request.user, run)):
        raise Http404("There is no such run.")
    return _page(request, run_checkpoints(run), run)


@require_safe
def better_shipped(request: HttpRequest, name: str) -> HttpResponse:
    """Of a training whose checkpoints come with the project."""
    checkpoints = shipped_run_checkpoints(name)
    if not checkpoints:
        raise Http404("There is no such training.")
    return _page(request, checkpoints, None)


def _page(request: HttpRequest, checkpoints: list[Checkpoint], run: Run | None) -> HttpResponse:
    words, trend = claim(checkpoints)
    context = {
        "run": run,
        "title": str(run) if run else checkpoints[-1].title,
        "claim": words,
        "trend": trend,
        "loss_trend": loss_trend(checkpoints),
        "charts": charts(checkpoints, run),
        "steps": sounds_by_step(checkpoints, run),
    }
    return render(request, "listening/better.html", context)
