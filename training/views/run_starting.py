"""Starting a run: the form, a trial before it, a clone, and a longer one."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.roles import is_moderator, researcher_required
from training.models import Run, Trial
from training.run_forms import RunForm, RunNotesForm
from training.selectors import may_change_run, may_see_dataset
from training.selectors.quota import usage_of
from training.services import (
    RunNotExtensibleError,
    RunRefusedError,
    RunWish,
    run_extend,
    run_note,
    run_start,
    trial_start,
)
from training.trainings import DEFAULT_PRESET, trainings


@require_http_methods(["GET", "HEAD", "POST"])
@researcher_required
def run_new(request: HttpRequest) -> HttpResponse:
    """The form, and the run or trial that it starts."""
    source = _source(request)
    network = request.POST.get("network") or request.GET.get("network") or (source.network if source else "")
    network = network if network in trainings() else next(iter(trainings()))
    preset = request.GET.get("preset", DEFAULT_PRESET)
    said: dict[str, Any] = {"user": request.user, "network": network, "preset": preset}
    form = RunForm(**said, initial=_wished(request, source))
    status = 200
    if request.method == "POST":
        form = RunForm(request.POST, **said)
        status = 422
        if form.is_valid():
            try:
                return redirect(*_asked(request, form, source))
            except RunRefusedError as error:
                form.add_error("dataset", str(error))
    assert isinstance(request.user, User)  # a researcher has an account
    context = {
        "usage": usage_of(request.user),
        "form": form,
        "preset": preset,
        "presets": trainings()[network].presets,
        "networks": trainings(),
        "source": source,
        "kept": _kept(request),
    }
    return render(request, "training/run_new.html", context, status=status)


def _asked(request: HttpRequest, form: RunForm, source: Run | None) -> tuple[Any, ...]:
    """Where to go on: to the run, or its trial, that the form asks for."""
    assert isinstance(request.user, User)  # a researcher has an account
    said = form.cleaned_data
    asked: dict[str, Any] = {
        "owner": request.user,
        "dataset": said["dataset"],
        "settings": said["settings"],
    }
    if "estimate" in request.POST:
        trial = trial_start(**asked, representation=said["representation"], transposed=said["transposed"])
        request.session[f"trial-{trial.pk}"] = _form_values(request)
        return "training:run_trial", trial.pk
    wish = RunWish(
        representation=said["representation"],
        transposed=said["transposed"],
        take_samples=said["take_samples"],
        needs_gpu=said["needs_gpu"],
        needs_memory_mb=said["needs_memory_mb"],
        cloned_from=source,
    )
    return (run_start(**asked, wish=wish),)


def _form_values(request: HttpRequest) -> dict[str, str]:
    left_out = ("csrfmiddlewaretoken", "estimate")
    return {name: str(value) for name, value in request.POST.items() if name not in left_out}


def _source(request: HttpRequest) -> Run | None:
    """The run that the form begins with the settings of."""
    number = request.GET.get("clone", "")
    if not number.isdigit():
        return None
    row = get_object_or_404(Run.objects.select_related("dataset"), pk=int(number))
    if not (may_see_dataset(request.user, row.dataset) or may_change_run(request.user, row)):
        raise PermissionDenied
    return row


def _wished(request: HttpRequest, source: Run | None) -> dict[str, Any]:
    begin: dict[str, Any] = {}
    if source is not None:
        begin = {
            **source.settings,
            "dataset": source.dataset_id,
            "representation": source.representation,
            "transposed": len(source.corpus_options.get("transpositions", ())) > 1,
            "take_samples": source.take_samples,
            "needs_gpu": source.needs_gpu,
            "needs_memory_mb": source.needs_memory_mb,
        }
    dataset = request.GET.get("dataset", "")
    return {**begin, "dataset": dataset} if dataset.isdigit() else begin


def _kept(request: HttpRequest) -> str:
    """What links to another network or preset keep of the address."""
    dataset = request.GET.get("dataset", "")
    return f"&dataset={dataset}" if dataset.isdigit() else ""


@require_safe
@never_cache
@researcher_required
def run_trial(request: HttpRequest, pk: int) -> HttpResponse:
    """How the trial goes, and what it found."""
    row = get_object_or_404(Trial.objects.select_related("dataset"), pk=pk)
    if row.owner_id != request.user.pk and not is_moderator(request.user):
        raise PermissionDenied
    values = request.session.get(f"trial-{pk}", {})
    context = {"trial": row, "values": values}
    part = "training/parts/_trial.html" if getattr(request, "htmx", False) else "training/run_trial.html"
    return render(request, part, context)


@require_POST
@login_required
def run_longer(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on with a finished run for `more` epochs or steps."""
    row = get_object_or_404(Run.objects.select_related("dataset"), pk=pk)
    if not may_change_run(request.user, row):
        raise PermissionDenied
    assert isinstance(request.user, User)
    more = request.POST.get("more", "")
    try:
        if not (more.isdecimal() and len(more) < 7):
            raise RunNotExtensibleError(_("Say by how much: a whole number from 1 on."))
        return redirect(run_extend(run=row, more=int(more), owner=request.user))
    except ValueError as error:
        messages.error(request, str(error))
    return redirect(row)


@require_POST
@login_required
def run_notes(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep notes and tags."""
    row = get_object_or_404(Run, pk=pk)
    if not may_change_run(request.user, row):
        raise PermissionDenied
    form = RunNotesForm(request.POST, instance=row)
    if form.is_valid():
        run_note(run=row, notes=form.cleaned_data["notes"], tags=form.cleaned_data["words"])
        messages.success(request, _("Saved."))
    else:
        messages.error(request, _("These tags are too long."))
    return redirect("training:run", pk)
