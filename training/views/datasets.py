"""The list of datasets, one dataset, and what its owner does with it."""

from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from training.forms import DatasetForm
from training.models import Dataset, DatasetFile, Verdict
from training.selectors import may_change_dataset, may_download_files
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


@require_safe
def dataset_list(request: HttpRequest) -> HttpResponse:
    """Every dataset on the site."""
    rows = Dataset.objects.with_counts().select_related("owner")
    return render(request, "training/dataset_list.html", {"page": page_of(request, rows, DATASETS_A_PAGE)})


@require_safe
def dataset(request: HttpRequest, pk: int) -> HttpResponse:
    """What is in it, and what became of each file."""
    row = get_object_or_404(Dataset.objects.with_counts().select_related("owner"), pk=pk)
    verdict = request.GET.get("verdict", "")
    files = row.files.all()
    if verdict in Verdict.values:
        files = files.filter(verdict=verdict)
    context = {
        "dataset": row,
        "page": page_of(request, files, FILES_A_PAGE),
        "verdict": verdict,
        "verdicts": Verdict.choices,
        "may_change": may_change_dataset(request.user, row),
        "may_download": may_download_files(request.user, row),
        "runs": row.runs.all()[:10],
    }
    return render(request, "training/dataset.html", context)


@require_safe
def dataset_status(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is; once it has ended the whole page is fetched anew."""
    row = get_object_or_404(Dataset, pk=pk)
    if not row.is_active:
        return HttpResponseClientRefresh()
    return render(request, "training/parts/_dataset_status.html", {"dataset": row})


@require_safe
def dataset_file(request: HttpRequest, pk: int, position: int) -> HttpResponse | FileResponse:
    """A file that was taken, as it came."""
    row = get_object_or_404(
        DatasetFile.objects.select_related("dataset"), dataset=pk, position=position, verdict=Verdict.TAKEN
    )
    if not may_download_files(request.user, row.dataset):
        raise PermissionDenied
    try:
        content = row.dataset.midi_path(row.sha256).open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    name = row.path.replace("\\", "/").rpartition("/")[2] or f"{row.position}.mid"
    return FileResponse(content, as_attachment=True, filename=name, content_type="audio/midi")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def dataset_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct what is said about it."""
    row = _mine(request, pk)
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
    row = _mine(request, pk)
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
    row = _mine(request, pk)
    dataset_cancel(dataset=row)
    return redirect(row)


@require_POST
@login_required
def dataset_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it in once more."""
    row = _mine(request, pk)
    dataset_retry(dataset=row)
    return redirect(row)


def _mine(request: HttpRequest, pk: int) -> Dataset:
    row = get_object_or_404(Dataset, pk=pk)
    if not may_change_dataset(request.user, row):
        raise PermissionDenied
    return row
