"""Studies, for those who take part."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.middleware import listener_of
from listening.models import Method, Participation, Study, StudyState, Training
from listening.services.enrolment import ConsentError
from listening.services.guards import LEAST_HEARD_SECONDS, GuardError
from listening.services.study import (
    StudyError,
    page_trial,
    participation_begin,
    study_answer_record,
    volume_check_pass,
)
from listening.views.asking import BadRequestError, body_of, json_view, own_trial, take_report, trial_told


def _participation(request: HttpRequest, study: Study) -> Participation | None:
    listener = listener_of(request).known()
    if listener is None:
        return None
    rows = Participation.objects.filter(study=study, listener=listener)
    return rows.filter(is_preview=_is_preview(request, study)).first()


def _is_preview(request: HttpRequest, study: Study) -> bool:
    """The owner looks at the study before others do; that counts for nothing."""
    return request.user.is_authenticated and request.user.pk == study.owner_id


@require_safe
@never_cache
def take(request: HttpRequest, token: str) -> HttpResponse:
    """The stage that the participant has reached: consent, volume, pages, the end."""
    study = get_object_or_404(Study, token=token)
    preview = _is_preview(request, study)
    participation = _participation(request, study)
    if participation is None:
        stage = "consent" if study.state == StudyState.OPEN or preview else "closed"
    elif participation.finished_at is not None:
        stage = "done"
    else:
        stage = "pages" if participation.volume_checked else "volume"
    context: dict[str, Any] = {
        "study": study,
        "stage": stage,
        "preview": preview,
        "trainings": Training.choices,
        "least": LEAST_HEARD_SECONDS,
        "pages": len(participation.plan) if participation else 0,
        "clip_names": _clip_names(study),
        "grades": [(5, "excellent"), (4, "good"), (3, "fair"), (2, "poor"), (1, "bad")],
    }
    return render(request, "listening/take.html", context)


def _clip_names(study: Study) -> list[str]:
    if study.method == Method.ACR:
        return ["1"]
    count = 2 if study.method == Method.PAIRS else study.stimuli_each
    names = [chr(ord("A") + place) for place in range(count)]
    return ["Reference", *names, chr(ord("A") + count)] if study.method == Method.MUSHRA else names


@require_POST
def take_begin(request: HttpRequest, token: str) -> HttpResponse:
    """Keep the consent and draw the pages."""
    study = get_object_or_404(Study, token=token)
    try:
        participation_begin(
            study=study,
            listener=listener_of(request).ensure(),
            training=request.POST.get("training", ""),
            consented=request.POST.get("consent") == "yes",
            is_preview=_is_preview(request, study),
        )
    except (ConsentError, StudyError) as error:
        messages.error(request, str(error))
    return redirect("listening:take", token)


@require_POST
def take_volume(request: HttpRequest, token: str) -> HttpResponse:
    """The sound was heard well on both sides."""
    study = get_object_or_404(Study, token=token)
    participation = _participation(request, study)
    if participation is not None and request.POST.get("heard") == "yes":
        volume_check_pass(participation=participation)
    return redirect("listening:take", token)


@json_view
def take_next(request: HttpRequest, token: str) -> JsonResponse:
    """The next page, or that it was the last."""
    study = get_object_or_404(Study, token=token)
    participation = _needed(request, study)
    trial = page_trial(participation=participation)
    if trial is None:
        return JsonResponse({"end": True})
    page = participation.plan[trial.number - 1]
    # A check looks like any other page: only training is told.
    return JsonResponse(
        {
            **trial_told(trial),
            "number": trial.number,
            "of": len(participation.plan),
            "training": page["role"] == "training",
        }
    )


@json_view
def take_answer(request: HttpRequest, token: str) -> JsonResponse:
    """Take a page's answer: `values`, by place of the stimulus."""
    study = get_object_or_404(Study, token=token)
    participation = _needed(request, study)
    body = body_of(request)
    trial = take_report(own_trial(request, body), body)
    given = body.get("values")
    if not isinstance(given, list) or not all(isinstance(value, int | float) for value in given):
        raise BadRequestError("Values are a list of numbers.")
    if trial.enrolment.study_id != study.pk:
        raise GuardError("This page is of another study.", status=403)
    study_answer_record(participation=participation, trial=trial, given=[float(value) for value in given])
    done = participation.answers.count()
    return JsonResponse({"done": done, "of": len(participation.plan)})


def _needed(request: HttpRequest, study: Study) -> Participation:
    participation = _participation(request, study)
    if participation is None or not participation.volume_checked:
        raise GuardError("Begin on the first page of the study.", status=403)
    return participation
