"""Pages that belong to no app: is the site alive, and what to show when something is wrong."""

import sys

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views import defaults
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from accounts.api import ProblemError
from accounts.api.problems import problem_response
from musicgen_site.api.reference import reference
from musicgen_site.operating.disk import is_full_disk
from musicgen_site.operating.metrics import metrics_text
from musicgen_site.operating.readiness import readiness


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Answers 200 once the web server can read its database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Answers 200 if everything that the site needs is there, else 503; says what is missing."""
    found = readiness()
    missing = [finding for finding in found if finding.problem]
    content = {
        "status": "missing" if missing else "ok",
        "findings": {finding.name: finding.problem or "ok" for finding in found},
    }
    return JsonResponse(content, status=503 if missing else 200)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus, to whoever shows the token that the operator set."""
    token = settings.METRICS_TOKEN
    said = request.headers.get("Authorization", "")
    if not token or not constant_time_compare(said, f"Bearer {token}"):
        raise Http404
    return HttpResponse(metrics_text(), content_type="text/plain; version=0.0.4; charset=utf-8")


def server_error(request: HttpRequest) -> HttpResponse:
    """The answer to what nobody caught: a full disk is said to be one, everything else is our fault."""
    if not is_full_disk(sys.exc_info()[1]):
        return defaults.server_error(request)
    words = _("There is no room left on the site’s disk; this was not kept. Tell the operator.")
    if request.path.startswith("/api/"):
        return problem_response(ProblemError(507, words))
    if request.headers.get("Accept", "").startswith("text/html"):
        return HttpResponse(render_to_string("507.html", {"words": words}), status=507)
    return HttpResponse(words, content_type="text/plain; charset=utf-8", status=507)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page for a form whose protection against forgery did not match."""
    return render(request, "403_csrf.html", {"reason": reason}, status=403)


@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    """What the API can do, read from its own description."""
    return render(request, "site/api_docs.html", {"reference": reference()})


@csrf_exempt
def api_missing(request: HttpRequest) -> HttpResponse:
    """No operation has this address; a program is told so in its own language."""
    return problem_response(ProblemError(404, _("There is nothing at this address; see /api/v1/docs/.")))
