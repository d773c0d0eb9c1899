"""A POST that carries an Idempotency-Key does its work once, however often it is sent."""

import hashlib
from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.api import ProblemError, token_of_request
from accounts.api.problems import problem_response
from accounts.services import (
    KeyInUseError,
    KeyReusedError,
    Known,
    kept_answer_begin,
    kept_answer_end,
    kept_answer_forget,
)
from musicgen_site.api.limits import PREFIX

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
LONGEST_KEY: Final = 255


class IdempotencyMiddleware:
    """Keeps what was answered, and answers the same again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer from memory, or let it work and remember."""
        key = request.headers.get(HEADER, "")
        if request.method != "POST" or not key or not request.path.startswith(PREFIX):
            return self.get_response(request)
        token = token_of_request(request)
        if token is None:
            return self.get_response(request)  # it is refused anyway
        if len(key) > LONGEST_KEY or not key.isprintable():
            return problem_response(
                ProblemError(400, _("An Idempotency-Key has at most 255 printable characters."))
            )
        try:
            begun = kept_answer_begin(token=token, key=key, digest=_digest(request))
        except KeyReusedError as error:
            return problem_response(ProblemError(422, str(error)))
        except KeyInUseError as error:
            return problem_response(ProblemError(409, str(error), headers={"Retry-After": "2"}))
        if isinstance(begun, Known):
            kept = begun.row
            return HttpResponse(
                kept.body, status=kept.status, content_type=kept.content_type, headers={REPLAYED: "true"}
            )
        try:
            response = self.get_response(request)
        except BaseException:
            kept_answer_forget(begun=begun)
            raise
        if 200 <= response.status_code < 300 and not response.streaming:
            kept_answer_end(
                begun=begun,
                status=response.status_code,
                body=response.content.decode(),
                content_type=response.headers.get("Content-Type", ""),
            )
        else:
            kept_answer_forget(begun=begun)
        return response


def _digest(request: HttpRequest) -> str:
    """Of what is asked. An upload is told by its size alone: reading it here would hold it in memory."""
    is_upload = request.content_type == "multipart/form-data"
    body = request.headers.get("Content-Length", "").encode() if is_upload else request.body
    asked = f"{request.method} {request.get_full_path()} {request.content_type}\n".encode()
    return hashlib.sha256(asked + body).hexdigest()
