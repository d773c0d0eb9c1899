"""So many requests a minute for each token or address; the headers say how many are left.

The counts are in Redis, so that several web processes share them. Without Redis nothing is counted:
a queue that is away must not take the API with it.
"""

import time
from collections.abc import Callable
from typing import Final

import django_rq
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from accounts.addresses import address_key
from accounts.api import ProblemError, token_of_request
from accounts.api.problems import problem_response

PREFIX: Final = "/api/v1/"
WINDOW_SECONDS: Final = 60


class ApiLimitMiddleware:
    """Counts the requests to the API."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let it through with its headers, or refuse it with 429."""
        if not request.path.startswith(PREFIX):
            return self.get_response(request)
        token = token_of_request(request)
        who = f"token:{token.pk}" if token else f"address:{address_key(request)}"
        limit: int = settings.API_TOKEN_LIMIT if token else settings.API_ADDRESS_LIMIT
        now = time.time()
        used = _count(f"api:{who}:{int(now // WINDOW_SECONDS)}")
        if used is None:
            return self.get_response(request)
        left = max(0, limit - used)
        seconds = WINDOW_SECONDS - int(now % WINDOW_SECONDS)
        if used > limit:
            detail = _("More than %(limit)s requests in a minute. Wait %(seconds)s seconds.") % {
                "limit": limit,
                "seconds": seconds,
            }
            response = problem_response(ProblemError(429, detail, headers={"Retry-After": str(seconds)}))
        else:
            response = self.get_response(request)
        response.headers["RateLimit-Limit"] = str(limit)
        response.headers["RateLimit-Remaining"] = str(left)
        response.headers["RateLimit-Reset"] = str(seconds)
        return response


def _count(key: str) -> int | None:
    """How many requests this makes in its window; None where nobody can count."""
    try:
        with django_rq.get_connection("compose").pipeline() as pipeline:
            pipeline.incr(key)
            pipeline.expire(key, 2 * WINDOW_SECONDS)
            return int(pipeline.execute()[0])
    except RedisError:
        return None
