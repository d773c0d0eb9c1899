"""What the pages of the tests share: JSON in and out, signed trials, clips under silent addresses."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.core.signing import BadSignature, TimestampSigner
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.middleware import listener_of
from accounts.models import Listener
from listening.models import Clip, Enrolment, Excerpt, Trial
from listening.services.answering import heard_report
from listening.services.guards import LEAST_HEARD_SECONDS, TRIAL_HOURS, GuardError
from musicgen.audio.excerpt import EXCERPT_SECONDS

_SIGNER: Final = TimestampSigner(salt="musicgen.trial")
_MOST_BYTES: Final = 20_000  # of what a page sends


class BadRequestError(ValueError):
    """What was sent cannot be understood."""


def json_view(view: Callable[..., JsonResponse]) -> Callable[..., HttpResponse]:
    """A POST whose refusals are JSON too, with a message for a person."""

    @never_cache
    @require_POST
    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except GuardError as error:
            response = JsonResponse({"problem": str(error)}, status=error.status)
            if error.retry_seconds is not None:
                response["Retry-After"] = str(error.retry_seconds)
            return response
        except BadRequestError as error:
            return JsonResponse({"problem": str(error)}, status=400)

    return answered


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The JSON object that was sent.

    Raises:
        BadRequestError: it is none.
    """
    if len(request.body) > _MOST_BYTES:
        raise BadRequestError(_("That is too much at once."))
    try:
        body = json.loads(request.body or b"{}")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise BadRequestError(_("A JSON object was expected."))
    return body


def enrolment_of(listener: Listener | None) -> Enrolment | None:
    """What the listener agreed to for the open tests, if they did."""
    if listener is None:
        return None
    return Enrolment.objects.filter(listener=listener, study=None).order_by("-pk").first()


def needed_enrolment(request: HttpRequest) -> Enrolment:
    """The same, for whom it is needed.

    Raises:
        GuardError: nothing was agreed to.
    """
    enrolment = enrolment_of(listener_of(request).known())
    if enrolment is None:
        raise GuardError(_("Begin on the page of the test: it asks for your consent first."), status=403)
    return enrolment


def session_digest(listener: Listener) -> str:
    """Tells which answers belong to one sitting; leads nobody back."""
    day = timezone.now().date().isoformat()
    return salted_hmac(f"musicgen.sitting.{day}", str(listener.pk), algorithm="sha256").hexdigest()[:32]


def trial_told(trial: Trial) -> dict[str, Any]:
    """What a page learns of a trial before it is answered: addresses that say nothing, and a length."""
    return {
        "trial": _SIGNER.sign(trial.token),
        "clips": [f"/clips/{clip.token}/" for clip in trial.clips.order_by("position")],
        "seconds": EXCERPT_SECONDS,
        "least": LEAST_HEARD_SECONDS,
    }


def token_of(signed: object) -> str:
    """The trial's token, if we signed it and not too long ago.

    Raises:
        GuardError: forged, or too old.
    """
    try:
        return str(_SIGNER.unsign(str(signed), max_age=TRIAL_HOURS * 3600))
    except BadSignature:
        raise GuardError(_("This question is not valid any more. Reload the page."), status=410) from None


def own_trial(request: HttpRequest, body: dict[str, Any]) -> Trial:
    """The trial that was answered, if it is this listener's.

    Raises:
        GuardError: it is not.
    """
    listener = listener_of(request).known()
    trial = Trial.objects.filter(token=token_of(body.get("trial")), listener=listener).first()
    if listener is None or trial is None:
        raise GuardError(_("This question was asked of somebody else. Reload the page."), status=403)
    return trial


def holding_of(body: dict[str, Any]) -> list[str]:
    """Tokens of the trials that the page says it has."""
    held = body.get("holding")
    signed = held[:10] if isinstance(held, list) else []
    found = []
    for value in signed:
        try:
            found.append(token_of(value))
        except GuardError:
            continue
    return found


def take_report(trial: Trial, body: dict[str, Any]) -> Trial:
    """Credit what the page says was heard: `heard` and `plays`, lists by position.

    Raises:
        BadRequestError: these are no lists of numbers.
    """
    try:
        seconds = {place: float(value) for place, value in enumerate(body.get("heard") or [])}
        plays = {place: int(value) for place, value in enumerate(body.get("plays") or [])}
    except (TypeError, ValueError, OverflowError):
        raise BadRequestError(_("What was heard is a list of seconds.")) from None
    if any(value != value for value in seconds.values()):  # not a number
        raise BadRequestError(_("What was heard is a list of seconds."))
    if any(seconds.values()) or any(plays.values()):
        return heard_report(trial=trial, seconds=seconds, plays=plays)
    return trial


@json_view
def heard(request: HttpRequest) -> JsonResponse:
    """The page reports every few seconds what was heard; the server's clock decides what of it counts."""
    body = body_of(request)
    trial = take_report(own_trial(request, body), body)
    clips = trial.clips.order_by("position")
    return JsonResponse({"heard": [round(clip.heard_seconds, 2) for clip in clips]})


@require_safe
def clip(request: HttpRequest, token: str) -> HttpResponseBase:
    """The sound, for the listener it was drawn for. Nothing in the answer tells it from another's."""
    listener = listener_of(request).known()
    found = get_object_or_404(Clip.objects.select_related("excerpt"), token=token, trial__listener=listener)
    return sound_answer(found.excerpt)


def sound_answer(excerpt: Excerpt) -> HttpResponseBase:
    """The file: no name, no date, no tag; kept by no cache.

    Raises:
        Http404: it is gone.
    """
    try:
        content = excerpt.file.open("rb")
    except OSError as error:
        raise Http404(_("The sound is gone.")) from error
    # By hand: a FileResponse would tell the file's name.
    response = FileResponse(content, content_type="audio/ogg", as_attachment=False, filename="")
    response.headers.pop("Content-Disposition", None)
    response["Cache-Control"] = "private, no-store"
    return response
