"""Studies, for those who build them."""

import csv
import io
from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.roles import is_moderator, researcher_required
from listening.codebook import STUDY_CODEBOOK
from listening.forms import StudyForm
from listening.models import Study, StudyState
from listening.selectors.studies import study_result, study_rows
from listening.services.study import StudyError, failed_clips, missing_clips, study_create, study_set_state


@require_safe
@researcher_required
def study_list(request: HttpRequest) -> HttpResponse:
    """One's own studies; for moderators all."""
    studies = (
        Study.objects.all() if is_moderator(request.user) else Study.objects.filter(owner=_user(request))
    )
    return render(request, "listening/study_list.html", {"studies": studies})


@require_http_methods(["GET", "HEAD", "POST"])
@researcher_required
def study_new(request: HttpRequest) -> HttpResponse:
    """The form, and the study it makes."""
    form = StudyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            study = study_create(owner=_user(request), songs=form.chosen_songs(), **form.study_fields())
        except StudyError as error:
            form.add_error(None, str(error))
        else:
            return redirect(study)
    status = 422 if request.method == "POST" else 200
    return render(request, "listening/study_new.html", {"form": form}, status=status)


@require_safe
@researcher_required
def study(request: HttpRequest, pk: int) -> HttpResponse:
    """How it stands: the link to share, how it fills, what it found, how reliable that is."""
    row = _own(request, pk)
    context = {
        "study": row,
        "result": study_result(row),
        "missing": missing_clips(row),
        "failed": failed_clips(row),
        "share": request.build_absolute_uri(row.get_share_url()),
        "song_count": row.songs.count(),
    }
    return render(request, "listening/study.html", context)


@require_POST
@researcher_required
def study_state(request: HttpRequest, pk: int) -> HttpResponse:
    """Open or close it."""
    row = _own(request, pk)
    wanted = request.POST.get("state", "")
    try:
        study_set_state(study=row, state=StudyState.OPEN if wanted == "open" else StudyState.CLOSED)
    except StudyError as error:
        messages.error(request, str(error))
    return redirect(row)


@require_safe
@never_cache
@researcher_required
def study_export(request: HttpRequest, pk: int, ending: str) -> HttpResponse:
    """Every answer, anonymised, as CSV or JSON."""
    row = _own(request, pk)
    rows = study_rows(row)
    name = f"study-{row.pk}.{ending}"
    if ending == "json":
        facts: dict[str, Any] = {
            name: getattr(row, name)
            for name in ("title", "method", "question", "consent_text", "trials_each", "check_every")
        }
        content = {
            "version": 2,
            "study": facts,
            "codebook": STUDY_CODEBOOK,
            "result": asdict(study_result(row)),
            "answers": rows,
        }
        response: HttpResponse = JsonResponse(content)
    else:
        text = io.StringIO()
        if rows:
            writer = csv.DictWriter(text, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_safe
@researcher_required
def study_codebook(request: HttpRequest, pk: int) -> HttpResponse:
    """What the columns of the export mean."""
    _own(request, pk)
    response = JsonResponse(STUDY_CODEBOOK, json_dumps_params={"indent": 1, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="study-{pk}-codebook.json"'
    return response


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # a researcher has an account
    return request.user


def _own(request: HttpRequest, pk: int) -> Study:
    studies = (
        Study.objects.all() if is_moderator(request.user) else Study.objects.filter(owner=_user(request))
    )
    return get_object_or_404(studies, pk=pk)
