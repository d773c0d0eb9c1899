"""Receives large files piece by piece: the server's side of tus 1.0.0 (https://tus.io/protocols).

With the extensions creation, creation-with-upload, expiration and termination. A person is known
by their session, a program by its token.
"""

import base64
import binascii
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from accounts.api.token_auth import token_of_request
from accounts.models import Scope, User
from accounts.roles import is_researcher
from training.models import Upload
from training.services.upload import (
    KEPT_DAYS,
    UploadRefusedError,
    upload_append,
    upload_begin,
    upload_forget,
    upload_look,
)

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,creation-with-upload,expiration,termination"
CONTENT_TYPE: Final = "application/offset+octet-stream"
_READ_BYTES: Final = 64 * 1024  # at most so much is lost of what came before a cut


@csrf_exempt  # a token needs no protection against forgery; `_by_session` sees to the rest
@never_cache
@require_http_methods(["OPTIONS", "POST"])
def uploads(request: HttpRequest) -> HttpResponse:
    """Say what the server can do (OPTIONS), or begin an upload (POST)."""
    if request.method == "OPTIONS":
        answer = HttpResponse(status=204)
        answer["Tus-Version"] = VERSION
        answer["Tus-Extension"] = EXTENSIONS
        answer["Tus-Max-Size"] = str(settings.MUSICGEN_DATASET_MAX_BYTES)
        return _spoken(answer)
    return _guarded(request, None)


@csrf_exempt
@never_cache
@require_http_methods(["HEAD", "PATCH", "DELETE"])
def upload(request: HttpRequest, pk: str) -> HttpResponse:
    """Ask how much is here (HEAD), send more (PATCH), or give up (DELETE)."""
    return _guarded(request, pk)


def _guarded(request: HttpRequest, pk: str | None) -> HttpResponse:
    token = token_of_request(request)
    try:
        if token is None:
            answer = _by_session(request, pk)
        elif token.allows(Scope.DATASETS):
            answer = upload_answer(request, token.user, pk)
        else:
            raise PermissionDenied
    except UploadRefusedError as error:
        answer = HttpResponse(str(error), status=error.status, content_type="text/plain; charset=utf-8")
    return _spoken(answer)


@csrf_protect
def _by_session(request: HttpRequest, pk: str | None) -> HttpResponse:
    if not isinstance(request.user, User):
        raise UploadRefusedError(_("Sign in first; what was sent is kept."), 401)
    return upload_answer(request, request.user, pk)


def upload_answer(request: HttpRequest, user: User, pk: str | None) -> HttpResponse:
    """Begin an upload (no `pk`), look at one, add to it or forget it, by the request's method.

    Raises:
        UploadRefusedError: it cannot be kept; says why.
        PermissionDenied: for researchers only.
    """
    if not is_researcher(user):
        raise PermissionDenied
    if request.headers.get("Tus-Resumable") != VERSION:
        refused = HttpResponse(status=412)
        refused["Tus-Version"] = VERSION
        return refused
    if pk is None:
        return _begin(request, user)
    row = get_object_or_404(Upload, pk=pk, owner=user)
    if request.method == "DELETE":
        upload_forget(upload=row)
        return HttpResponse(status=204)
    if request.method == "HEAD":
        return _told(upload_look(upload=row), 200)
    if request.content_type != CONTENT_TYPE:
        raise UploadRefusedError(f"Send {CONTENT_TYPE}.", 415)
    offset = _number(request, "Upload-Offset")
    return _told(upload_append(upload=row, offset=offset, pieces=_pieces(request)), 204)


def _begin(request: HttpRequest, user: User) -> HttpResponse:
    row = upload_begin(owner=user, name=_file_name(request), byte_count=_number(request, "Upload-Length"))
    if request.content_type == CONTENT_TYPE:
        row = upload_append(upload=row, offset=0, pieces=_pieces(request))
    answer = _told(row, 201)
    answer["Location"] = request.build_absolute_uri(reverse("training:upload", args=[row.pk]))
    return answer


def _told(row: Upload, status: int) -> HttpResponse:
    answer = HttpResponse(status=status)
    answer["Upload-Offset"] = str(row.offset)
    answer["Upload-Length"] = str(row.bytes)
    answer["Upload-Expires"] = http_date((row.touched_at + timedelta(days=KEPT_DAYS)).timestamp())
    answer["Cache-Control"] = "no-store"
    return answer


def _spoken(answer: HttpResponse) -> HttpResponse:
    answer["Tus-Resumable"] = VERSION
    return answer


def _pieces(request: HttpRequest) -> Iterator[bytes]:
    """The body as it comes; raises OSError where the connection breaks off."""
    while piece := request.read(_READ_BYTES):
        yield piece


def _number(request: HttpRequest, header: str) -> int:
    value = request.headers.get(header, "")
    if not (value.isascii() and value.isdecimal() and len(value) < 19):
        raise UploadRefusedError(f"{header} must be a whole number of bytes.", 400)
    return int(value)


def _file_name(request: HttpRequest) -> str:
    """The name in Upload-Metadata ("filename <base64>, …")."""
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        key, _blank, value = pair.strip().partition(" ")
        if key == "filename":
            try:
                name = base64.b64decode(value, validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                break
            return name.replace("\0", "")
    raise UploadRefusedError("Upload-Metadata must hold the filename in base64.", 400)
