"""Runs side by side, the pieces that one composed on the way, and the workers that are there."""

from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.roles import is_moderator
from training import shared
from training.models import Run, RunSample, Worker
from training.ranges import RangedFile
from training.selectors import compared_runs, differing_settings, may_change_run, may_see_dataset
from training.views.paging import page_of


@require_safe
def run_compare(request: HttpRequest) -> HttpResponse:
    """The runs that the address names (`?run=1&run=2`), on shared axes."""
    runs = compared_runs(request.GET.getlist("run"), request.user)
    others = Run.objects.listed_for(request.user, everything=is_moderator(request.user)).with_names()
    context = {
        "runs": [
            {
                "run": run,
                "label": f"{run.pk} · {run.dataset.name}",
                "metrics": reverse("training:run_metrics", args=[run.pk]),
            }
            for run in runs
        ],
        "differing": differing_settings(runs) if len(runs) > 1 else [],
        "page": page_of(request, others, 50),
        "chosen": [run.pk for run in runs],
    }
    return render(request, "training/run_compare.html", context)


@require_safe
def run_sample_audio(request: HttpRequest, pk: int, step: int, seed: int) -> HttpResponseBase:
    """The sound of a piece that the run composed on the way."""
    sample = _sample(request, pk, step, seed)
    return _file(request, sample.path, "audio/ogg; codecs=opus")


@require_safe
def run_sample_midi(request: HttpRequest, pk: int, step: int, seed: int) -> HttpResponseBase:
    """Its MIDI file."""
    sample = _sample(request, pk, step, seed)
    return _file(request, sample.midi_path, "audio/midi", f"run-{pk}-step-{step}-seed-{seed}.mid")


def _file(request: HttpRequest, path: Path, content_type: str, name: str = "") -> HttpResponseBase:
    try:
        found = shared.fetch(path)
        status = found.stat()
    except OSError as error:
        raise Http404 from error
    etag = f"{status.st_mtime_ns:x}-{status.st_size:x}"
    return RangedFile(found, content_type, etag, "private, max-age=3600", download_name=name).response(
        request
    )


def _sample(request: HttpRequest, pk: int, step: int, seed: int) -> RunSample:
    sample = get_object_or_404(RunSample.objects.select_related("run__dataset"), run=pk, step=step, seed=seed)
    if not (may_see_dataset(request.user, sample.run.dataset) or may_change_run(request.user, sample.run)):
        raise Http404
    return sample


@require_safe
def worker_list(request: HttpRequest) -> HttpResponse:
    """The workers that gave a sign of life lately, with what each has."""
    return render(request, "training/worker_list.html", {"workers": Worker.objects.present()})
