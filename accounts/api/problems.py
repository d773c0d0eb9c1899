"""Errors as problem details (RFC 9457): what is wrong, where, and what to do."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpResponse, JsonResponse
from ninja import Field, Schema

CONTENT_TYPE: Final = "application/problem+json"


class FieldProblem(Schema):
    """One field that cannot be used."""

    field: str
    message: str


class Problem(Schema):
    """Every error of the API looks like this."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = Field(default_factory=list)


class ProblemError(Exception):
    """Ends a request with problem details.

    Args:
        status: of the answer.
        detail: what is wrong and what to do, for a person.
        errors: messages by field.
        headers: of the answer.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Mapping[str, Sequence[str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = [
            {"field": field, "message": message}
            for field, messages in (errors or {}).items()
            for message in messages
        ]
        self.headers = dict(headers or {})


def problem_response(error: ProblemError) -> HttpResponse:
    """The answer that tells of it."""
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.detail,
        "errors": error.errors,
    }
    return JsonResponse(content, status=error.status, content_type=CONTENT_TYPE, headers=error.headers)
