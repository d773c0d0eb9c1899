"""Version 1 of the API."""

from typing import Any, Final

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Schema
from ninja.errors import HttpError, ValidationError

import musicgen
from accounts.api import Needs, Problem, ProblemError, token_of_request
from accounts.api.problems import problem_response
from accounts.models import Scope, User
from accounts.roles import is_moderator, is_researcher
from generator import api as generator_api
from listening import api as listening_api
from musicgen_site.api.description import DescribedAPI
from papers import api as papers_api
from training import api as training_api

api: Final = DescribedAPI(
    title="musicgen",
    version=musicgen.__version__,
    description=(
        "Songs, composing, uploads, datasets, runs, checkpoints, papers and judgments. Reading needs no "
        "token; what changes something does. Errors are problem details (RFC 9457). A POST may carry an "
        "Idempotency-Key: sent again within a day, it is answered as before and does its work once."
    ),
    urls_namespace="api-v1",
    docs_url=None,
)
api.add_router("/songs", generator_api.songs)
api.add_router("/compose", generator_api.compose)
api.add_router("/datasets", training_api.datasets)
api.add_router("/uploads", training_api.uploads)
api.add_router("/runs", training_api.runs)
api.add_router("/checkpoints", training_api.checkpoints)
api.add_router("/papers", papers_api.papers)
api.add_router("/leaderboard", listening_api.leaderboard)
api.add_router("/judgments", listening_api.judgments)


class Me(Schema):
    """Whose token this is, and what it may be used for."""

    email: str
    roles: list[str]
    token: str
    scopes: list[str]


@api.get("/me", auth=Needs(Scope.READ), response={200: Me, 401: Problem, 403: Problem}, tags=["account"])
def get_me(request: HttpRequest) -> Any:
    """Whose token this is."""
    token = token_of_request(request)
    assert token is not None
    assert isinstance(request.user, User)
    roles = {"researcher": is_researcher, "moderator": is_moderator}
    return {
        "email": request.user.email,
        "roles": ["listener", *(name for name, holds in roles.items() if holds(request.user))],
        "token": token.name,
        "scopes": token.scopes,
    }


@api.exception_handler(ProblemError)
def on_problem(request: HttpRequest, error: ProblemError) -> HttpResponse:
    """Ours."""
    return problem_response(error)


@api.exception_handler(Http404)
def on_missing(request: HttpRequest, error: Http404) -> HttpResponse:
    """Nothing there, or not for whoever asks."""
    return problem_response(ProblemError(404, _("There is nothing at this address, or not for you.")))


@api.exception_handler(PermissionDenied)
def on_forbidden(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    """Not theirs."""
    return problem_response(ProblemError(403, _("This is not yours to do.")))


@api.exception_handler(SuspiciousOperation)
def on_suspicious(request: HttpRequest, error: SuspiciousOperation) -> HttpResponse:
    """A body that is too large, or a request that is not what it seems."""
    return problem_response(ProblemError(400, _("This request cannot be read: %(why)s") % {"why": error}))


@api.exception_handler(HttpError)
def on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Ninja's own, such as a body that is no JSON."""
    return problem_response(ProblemError(error.status_code, str(error)))


@api.exception_handler(ValidationError)
def on_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Fields that cannot be used, each with why."""
    messages: dict[str, list[str]] = {}
    for found in error.errors:
        field = ".".join(str(part) for part in found["loc"][1:] if part != "wish")
        messages.setdefault(field or str(found["loc"][0]), []).append(str(found["msg"]))
    return problem_response(ProblemError(422, _("Some fields cannot be used."), errors=messages))
