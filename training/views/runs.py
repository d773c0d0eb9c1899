"""The list of runs, starting one, watching it, stopping it and going on."""

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.models import User
from accounts.roles import is_moderator, researcher_required
from training.cards import CURVE_NAME
from training.forms import PRESETS, RunForm, settings_in_order
from training.models import Run
from training.selectors import may_change_run, may_see_dataset, run_curve, run_description, run_log_tail
from training.services import RunRefusedError, run_resume, run_start, run_stop
from training.views.paging import page_of

RUNS_A_PAGE: Final = 30


@require_safe
def run_list(request: HttpRequest) -> HttpResponse:
    """Every run on the site, with its state."""
    rows = Run.objects.listed_for(request.user, everything=is_moderator(request.user))
    return render(
        request, "training/run_list.html", {"page": page_of(request, rows.with_names(), RUNS_A_PAGE)}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@researcher_required
def run_new(request: HttpRequest) -> HttpResponse:
    """The form, and the run that it starts."""
    preset = request.GET.get("preset", "")
    preset = preset if preset in PRESETS else "standard"
    if request.method != "POST":
        form = RunForm(user=request.user, preset=preset, initial=_wished(request))
        return render(request, "training/run_new.html", {"form": form, "preset": preset})
    form = RunForm(request.POST, user=request.user)
    if form.is_valid():
        assert isinstance(request.user, User)  # a researcher has an account
        try:
            row = run_start(
                owner=request.user,
                dataset=form.cleaned_data["dataset"],
                settings=form.cleaned_data["settings"],
                transposed=form.cleaned_data["transposed"],
            )
        except RunRefusedError as error:
            form.add_error("dataset", str(error))
        else:
            return redirect(row)
    return render(request, "training/run_new.html", {"form": form, "preset": preset}, status=422)


def _wished(request: HttpRequest) -> dict[str, Any]:
    dataset = request.GET.get("dataset", "")
    return {"dataset": dataset} if dataset.isdigit() else {}


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
        "log": run_log_tail(row) if may_change else "",
        "settings": settings_in_order(row.settings),
        "checkpoints": row.checkpoints.order_by("-is_best", "-step"),
        "best_loss": (described.get("validation") or {}).get("nats_per_token"),
        "test_loss": (described.get("test") or {}).get("nats_per_token"),
        "baseline": (unigram.get("validation") or {}).get("nats_per_token"),
    }


@require_safe
@never_cache
def run_metrics(request: HttpRequest, pk: int) -> JsonResponse:
    """The figures from a step on (`?after=`), for the curve."""
    row = _seen(request, pk)
    after = request.GET.get("after", "0")
    curve = run_curve(row, int(after) if after.isdigit() else 0)
    return JsonResponse({**curve, "active": row.is_active, "total_steps": row.total_steps})


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
