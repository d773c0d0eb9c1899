"""The list of datasets, one dataset, and what its owner does with it."""

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.roles import is_moderator
from training.forms import DatasetForm
from training.models import Dataset, DatasetFile, DatasetVersion, Verdict
from training.selectors import (
    may_change_dataset,
    may_download_files,
    may_hear_files,
    may_see_dataset,
    report_panels,
)
from training.services import (
    DatasetInUseError,
    dataset_cancel,
    dataset_delete,
    dataset_edit,
    dataset_retry,
)
from training.views.paging import page_of

DATASETS_A_PAGE: Final = 30
FILES_A_PAGE: Final = 50
FACETS: Final = ("composer", "style")  # by which files can be browsed


@require_safe
def dataset_list(request: HttpRequest) -> HttpResponse:
    """Every dataset on the site that this visitor may see listed."""
    rows = Dataset.objects.listed_for(request.user, everything=is_moderator(request.user))
    words = request.GET.get("q", "").strip()
    if words:
        rows = rows.filter(name__icontains=words)
    page = page_of(request, rows.with_counts().select_related("owner"), DATASETS_A_PAGE)
    return render(request, "training/dataset_list.html", {"page": page, "words": words})


@require_safe
def dataset(request: HttpRequest, pk: int) -> HttpResponse:
    """What is in it, and what became of each file."""
    row = get_object_or_404(Dataset.objects.with_counts().select_related("owner"), pk=pk)
    if not may_see_dataset(request.user, row):
        raise Http404
    version = _version(request, row)
    files = row.files.of_version(version.number if version else row.version)
    wish = {name: request.GET.get(name, "") for name in ("q", "verdict", *FACETS)}
    chosen = _chosen(files, wish)
    context: dict[str, Any] = {
        "dataset": row,
        "version": version,
        "versions": row.versions.all(),
        "is_newest": version is None or version.number == row.version,
        "report": version.report if version else {},
        "panels": report_panels(version.report) if version else [],
        "page": page_of(request, chosen.defer("examined"), FILES_A_PAGE),
        "wish": wish,
        "query": _query(request),
        "verdicts": Verdict.choices,
        "may_change": may_change_dataset(request.user, row),
        "may_download": may_download_files(request.user, row),
        "may_hear": may_hear_files(request.user, row),
        "runs": row.runs.all()[:10],
    }
    return render(request, "training/dataset.html", context)


def _version(request: HttpRequest, row: Dataset) -> DatasetVersion | None:
    number = request.GET.get("version", "")
    if number.isdigit():
        return get_object_or_404(row.versions, number=int(number))
    return row.versions.first()


def _chosen(files: Any, wish: dict[str, str]) -> Any:
    if wish["verdict"] in Verdict.values:
        files = files.filter(verdict=wish["verdict"])
    for name in FACETS:
        if wish[name]:
            files = files.filter(**{name: wish[name]})
    found: Any = files.matching(wish["q"]) if wish["q"] else files
    return found


def _query(request: HttpRequest) -> str:
    """The address's own query without the page, to go on from."""
    kept = request.GET.copy()
    kept.pop("page", None)
    return f"{kept.urlencode()}&" if kept else ""


@require_safe
def dataset_status(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is; once it has ended the whole page is fetched anew."""
    row = seen_or_404(request, pk)
    if not row.is_active:
        return HttpResponseClientRefresh()
    return render(request, "training/parts/_dataset_status.html", {"dataset": row})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def dataset_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct what is said about it."""
    row = changeable_or_403(request, pk)
    form = DatasetForm(request.POST if request.method == "POST" else None, instance=row)
    if form.is_valid():
        dataset_edit(dataset=row, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect(row)
    status = 422 if form.is_bound else 200
    return render(request, "training/dataset_change.html", {"dataset": row, "form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def dataset_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask whether to delete it, and delete it."""
    row = changeable_or_403(request, pk)
    if request.method != "POST":
        return render(request, "training/dataset_remove.html", {"dataset": row, "files": row.files.count()})
    try:
        dataset_delete(dataset=row)
    except DatasetInUseError as error:
        context = {"dataset": row, "files": row.files.count(), "problem": str(error)}
        return render(request, "training/dataset_remove.html", context, status=409)
    messages.success(request, _("%(name)s is deleted.") % {"name": row.name})
    return redirect("training:dataset_list")


@require_POST
@login_required
def dataset_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop taking it in."""
    row = changeable_or_403(request, pk)
    dataset_cancel(dataset=row)
    return redirect(row)


@require_POST
@login_required
def dataset_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on taking it in."""
    row = changeable_or_403(request, pk)
    dataset_retry(dataset=row)
    return redirect(row)


def seen_or_404(request: HttpRequest, pk: int) -> Dataset:
    """The dataset, unless this visitor must not know of it."""
    row = get_object_or_404(Dataset, pk=pk)
    if not may_see_dataset(request.user, row):
        raise Http404
    return row


def changeable_or_403(request: HttpRequest, pk: int) -> Dataset:
    """The dataset, if this user may change it."""
    row = seen_or_404(request, pk)
    if not may_change_dataset(request.user, row):
        raise PermissionDenied
    return row


def file_or_404(dataset: Dataset, position: int) -> DatasetFile:
    """A file of it that was taken, in whatever version."""
    row = get_object_or_404(dataset.files, position=position, verdict=Verdict.TAKEN)
    row.dataset = dataset
    return row
