"""The list of runs, one run, stopping it and going on."""

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.roles import is_moderator, is_researcher
from training.cards import CURVE_NAME
from training.models import Run, WorkState
from training.run_forms import RunNotesForm
from training.selectors import (
    may_change_run,
    may_see_dataset,
    run_curve,
    run_description,
    run_has_worker,
    run_log_tail,
    run_machine_use,
    sample_bands,
)
from training.services import RunRefusedError, run_resume, run_stop
from training.trainings import LENGTHENING, settings_in_order
from training.views.paging import page_of

RUNS_A_PAGE: Final = 30


@require_safe
def run_list(request: HttpRequest) -> HttpResponse:
    """Every run on the site that this visitor may see, with its state."""
    rows = Run.objects.listed_for(request.user, everything=is_moderator(request.user))
    tag = request.GET.get("tag", "")
    if tag:
        # Read here, because SQLite cannot ask what is in a list.
        rows = rows.filter(pk__in=[pk for pk, tags in rows.values_list("pk", "tags") if tag in tags])
    page = page_of(request, rows.with_names(), RUNS_A_PAGE)
    return render(request, "training/run_list.html", {"page": page, "tag": tag})


@require_safe
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """How it goes, or went."""
    row = _seen(request, pk)
    return render(request, "training/run.html", _page(request, row))


@require_safe
@never_cache
def run_status(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that changes; once the run has ended the whole page is fetched anew."""
    row = _seen(request, pk)
    if not row.is_active:
        return HttpResponseClientRefresh()
    return render(request, "training/parts/_run_status.html", _page(request, row))


def _page(request: HttpRequest, row: Run) -> dict[str, Any]:
    described = run_description(row)
    may_change = may_change_run(request.user, row)
    unigram = (described.get("baseline") or {}).get("unigram") or {}
    return {
        "run": row,
        "may_change": may_change,
        "may_clone": is_researcher(request.user),
        "log": run_log_tail(row) if may_change else "",
        "settings": settings_in_order(row.settings),
        "checkpoints": row.checkpoints.order_by("-is_best", "-step"),
        "samples": row.samples.all(),
        "best_loss": (described.get("validation") or {}).get("nats_per_token"),
        "test_loss": (described.get("test") or {}).get("nats_per_token"),
        "baseline": (unigram.get("validation") or {}).get("nats_per_token"),
        "lengthening": next((name for name in LENGTHENING if row.settings.get(name)), ""),
        "notes_form": RunNotesForm(instance=row) if may_change else None,
        "awaits_worker": row.state == WorkState.QUEUED and not run_has_worker(row),
    }


@require_safe
@never_cache
def run_live(request: HttpRequest, pk: int) -> HttpResponse:
    """Samples and log of a run that goes on; asked for again and again."""
    return render(request, "training/parts/_run_live.html", _page(request, _seen(request, pk)))


@require_safe
@never_cache
def run_metrics(request: HttpRequest, pk: int) -> JsonResponse:
    """The figures from a step on (`?after=`), for the curve."""
    row = _seen(request, pk)
    after = request.GET.get("after", "0")
    known = int(after) if after.isdigit() else 0
    return JsonResponse(
        {
            **run_curve(row, known),
            "machine": run_machine_use(row, known),
            "samples": sample_bands(row),
            "active": row.is_active,
            "total_steps": row.total_steps,
        }
    )


@require_safe
def run_image(request: HttpRequest, pk: int) -> FileResponse:
    """The curve as a picture, for where scripts do not run and for papers."""
    row = _seen(request, pk)
    try:
        content = (row.folder / CURVE_NAME).open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    return FileResponse(content, content_type="image/svg+xml", filename=f"run-{row.pk}-loss.svg")


@require_POST
@login_required
def run_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop it."""
    row = _mine(request, pk)
    run_stop(run=row)
    return redirect(row)


@require_POST
@login_required
def run_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on from where it was."""
    row = _mine(request, pk)
    try:
        if not run_resume(run=row):
            messages.info(request, _("This run is already on its way, or has finished."))
    except RunRefusedError as error:
        messages.error(request, str(error))
    return redirect(row)


def _mine(request: HttpRequest, pk: int) -> Run:
    row = _seen(request, pk)
    if not may_change_run(request.user, row):
        raise PermissionDenied
    return row


def _seen(request: HttpRequest, pk: int) -> Run:
    """The run, unless its dataset is private and neither of them is this visitor's."""
    row = get_object_or_404(Run.objects.select_related("dataset", "owner", "corpus"), pk=pk)
    if not (may_see_dataset(request.user, row.dataset) or may_change_run(request.user, row)):
        raise Http404
    return row
