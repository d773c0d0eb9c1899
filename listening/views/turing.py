"""Human or machine? One clip at a time, ten a round."""

import uuid
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.addresses import address_key
from accounts.middleware import listener_of
from listening.models import Trial, TrialKind
from listening.selectors.reveal import reveal
from listening.selectors.rounds import others_scores, round_score
from listening.services.answering import verdict_record
from listening.services.drawing import turing_trial_draw
from listening.services.guards import LEAST_HEARD_SECONDS
from listening.views.asking import (
    BadRequestError,
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
from listening.views.compare import consent_context

ROUND_CLIPS: Final = 10


@require_safe
def turing(request: HttpRequest) -> HttpResponse:
    """The test; before the first clip, what is asked and what is kept."""
    context = {
        **consent_context(),
        "enrolment": enrolment_of(listener_of(request).known()),
        "least": LEAST_HEARD_SECONDS,
        "clips": ROUND_CLIPS,
        "next": "turing",
    }
    return render(request, "listening/turing.html", context)


@json_view
def turing_next(request: HttpRequest) -> JsonResponse:
    """The next clip of a round; a round is begun by asking without one."""
    enrolment = needed_enrolment(request)
    body = body_of(request)
    try:
        round_id = uuid.UUID(str(body["round"])) if body.get("round") else uuid.uuid4()
    except ValueError:
        raise BadRequestError("That is no round.") from None
    trial = turing_trial_draw(
        enrolment=enrolment,
        session_digest=session_digest(enrolment.listener),
        round_id=round_id,
        holding=holding_of(body),
    )
    return JsonResponse({**trial_told(trial), "round": str(round_id)})


@json_view
def turing_answer(request: HttpRequest) -> JsonResponse:
    """Take the answer. What it was is told at the end of the round."""
    body = body_of(request)
    trial = take_report(own_trial(request, body), body)
    if not isinstance(body.get("human"), bool):
        raise BadRequestError("Human or machine: true or false.")
    verdict_record(
        trial=trial,
        said_human=body["human"],
        knew_it=body.get("knew") is True,
        address_digest=address_key(request),
    )
    done = Trial.objects.filter(round=trial.round, listener=trial.listener, verdict__isnull=False).count()
    end = reverse("listening:turing_round", args=[trial.round]) if done >= ROUND_CLIPS else ""
    return JsonResponse({"done": done, "of": ROUND_CLIPS, "end": end})


@require_safe
def turing_round(request: HttpRequest, round_id: uuid.UUID) -> HttpResponse:
    """How many were right, what each was, and how others did."""
    listener = listener_of(request).known()
    trials = Trial.objects.filter(
        kind=TrialKind.TURING, round=round_id, listener=listener, verdict__isnull=False
    )
    rows: list[dict[str, Any]] = []
    for trial in trials.select_related("verdict").order_by("number"):
        excerpt = trial.clips.select_related("excerpt__song__checkpoint").get().excerpt
        told = reveal(excerpt)
        right = trial.verdict.said_human == bool(told["human"])
        rows.append(
            {**told, "said_human": trial.verdict.said_human, "right": right, "knew": trial.verdict.knew_it}
        )
    if listener is None or not rows:
        raise Http404("There is no such round of yours.")
    score = round_score(round_id)
    return render(
        request, "listening/turing_round.html", {"rows": rows, "score": score, "others": others_scores(score)}
    )
