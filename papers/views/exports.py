"""Asking for an archive, watching it come to be, taking it."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.models import User
from papers.forms import PaperExportForm
from papers.models import PaperExport
from papers.services import PaperLimitError, paper_export_create
from training.models import WorkState


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def exports(request: HttpRequest) -> HttpResponse:
    """One's own archives, and the form that asks for another."""
    assert isinstance(request.user, User)
    form = PaperExportForm(
        request.POST if request.method == "POST" else None,
        initial={
            "checkpoints": request.GET.getlist("checkpoint"),
            "studies": request.GET.getlist("study"),
            "songs": " ".join(request.GET.getlist("song")),
        },
        owner=request.user,
    )
    if form.is_valid():
        try:
            return redirect(paper_export_create(owner=request.user, **form.cleaned_data))
        except PaperLimitError as error:
            form.add_error(None, str(error))
    context = {"form": form, "exports": PaperExport.objects.filter(owner=request.user)}
    return render(request, "papers/exports.html", context, status=422 if form.is_bound else 200)


@require_safe
def export(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """How far it is; whoever has the address may see it."""
    row = get_object_or_404(PaperExport, key=key)
    return render(request, "papers/export.html", {"export": row})


@require_safe
def export_status(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """The part of that page that changes; at the end it has the page read anew."""
    row = get_object_or_404(PaperExport, key=key)
    if not row.is_active:
        return HttpResponseClientRefresh()
    return render(request, "papers/parts/_status.html", {"export": row})


@require_safe
def export_download(request: HttpRequest, key: uuid.UUID) -> FileResponse:
    """The archive."""
    row = get_object_or_404(PaperExport, key=key, state=WorkState.FINISHED)
    try:
        content = row.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    return FileResponse(content, as_attachment=True, filename=row.file_name, content_type="application/zip")
