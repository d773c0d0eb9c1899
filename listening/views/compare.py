"""Blind pairs: which of two is better?"""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.addresses import address_key
from accounts.middleware import listener_of
from listening.models import REASONS, Comparison, Training
from listening.selectors.reveal import reveal
from listening.services.answering import comparison_record
from listening.services.drawing import pair_trial_draw
from listening.services.enrolment import ConsentError, consent_words, enrolment_create
from listening.services.guards import LEAST_HEARD_SECONDS
from listening.views.asking import (
    body_of,
    enrolment_of,
    holding_of,
    json_view,
    needed_enrolment,
    own_trial,
    session_digest,
    take_report,
    trial_told,
)


def consent_context() -> dict[str, Any]:
    """What the consent form shows."""
    return {"consent": consent_words(), "trainings": Training.choices}


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """The test; before the first pair, what is asked and what is kept."""
    listener = listener_of(request).known()
    enrolment = enrolment_of(listener)
    context = {
        **consent_context(),
        "enrolment": enrolment,
        "reasons": REASONS.items(),
        "least": LEAST_HEARD_SECONDS,
        "answered": Comparison.objects.filter(listener=listener).count() if listener else 0,
    }
    return render(request, "listening/compare.html", context)


@require_POST
def enrol(request: HttpRequest) -> HttpResponse:
    """Keep the consent, and go on to the test it was given for."""
    page = "listening:turing" if request.POST.get("next") == "turing" else "listening:compare"
    try:
        enrolment_create(
            listener=listener_of(request).ensure(),
            training=request.POST.get("training", ""),
            consented=request.POST.get("consent") == "yes",
        )
    except ConsentError as error:
        context = {**consent_context(), "problem": str(error), "next": request.POST.get("next", "")}
        return render(request, "listening/consent.html", context, status=422)
    return redirect(page)


@json_view
def compare_next(request: HttpRequest) -> JsonResponse:
    """The next pair."""
    enrolment = needed_enrolment(request)
    trial = pair_trial_draw(
        enrolment=enrolment,
        session_digest=session_digest(enrolment.listener),
        holding=holding_of(body_of(request)),
    )
    return JsonResponse(trial_told(trial))


@json_view
def compare_answer(request: HttpRequest) -> JsonResponse:
    """Take the answer, then tell what was heard."""
    body = body_of(request)
    trial = take_report(own_trial(request, body), body)
    reasons = body.get("reasons")
    comparison, _is_new = comparison_record(
        trial=trial,
        outcome=str(body.get("outcome", "")),
        reasons=[str(reason) for reason in reasons] if isinstance(reasons, list) else [],
        address_digest=address_key(request),
    )
    return JsonResponse(
        {
            "outcome": comparison.outcome,
            "sides": [reveal(clip.excerpt) for clip in _clips(trial)],
            "said": _("Your answer is kept."),
            "leaderboard": reverse("listening:leaderboard"),
        }
    )


def _clips(trial: Any) -> Any:
    return trial.clips.select_related("excerpt__song__checkpoint__dataset").order_by("position")
