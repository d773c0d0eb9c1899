"""Sending large files piece by piece: tus 1.0.0 (https://tus.io/protocols), for programs.

The same uploads as those of the upload page, whose addresses take a token too.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Router, Schema
from ninja.params.functions import Header

from accounts.api import Needs, Problem, ProblemError
from accounts.models import Scope, User
from training.models import Upload
from training.services.upload import KEPT_DAYS, UploadRefusedError, upload_look
from training.views.resumable import CONTENT_TYPE, VERSION, upload_answer

router = Router(tags=["uploads"])
ONE: Final = "/{uuid:upload_id}"
_MANY_BYTES: Final = 2**53
_PIECE: Final = {
    "requestBody": {
        "required": True,
        "content": {CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}},
    }
}


class UploadAnswer(Schema):
    """A file on its way. `sha256` is there once all of it has come."""

    id: uuid.UUID
    name: str
    offset: int
    bytes: int
    sha256: str
    expires_at: datetime

    @staticmethod
    def resolve_expires_at(row: Upload) -> datetime:
        """When it is forgotten if nothing more comes."""
        return row.touched_at + timedelta(days=KEPT_DAYS)


@router.post(
    "",
    auth=Needs(Scope.DATASETS),
    response={201: UploadAnswer, 412: Problem, 413: Problem, 415: Problem, 507: Problem},
)
def begin_upload(
    request: HttpRequest,
    upload_length: int = Header(..., alias="Upload-Length", ge=0, le=_MANY_BYTES, description="bytes in all"),
    upload_metadata: str = Header(
        ..., alias="Upload-Metadata", max_length=2000, description="“filename ” and its name in base64"
    ),
    tus_resumable: str = Header(VERSION, alias="Tus-Resumable", max_length=20),
) -> Any:
    """Begin to send an archive or a MIDI file; refused now if it could not be kept in the end.

    Then send its bytes with PATCH, in as many pieces as you like. After a cut, ask how much is here and
    go on from there.
    """
    answer = _answer(request, tus_resumable, None)
    key = uuid.UUID(answer["Location"].rstrip("/").rpartition("/")[2])
    row = Upload.objects.get(pk=key)
    answer["Location"] = request.build_absolute_uri(reverse("api-v1:look_at_upload", args=[key]))
    answer["Content-Type"] = "application/json"
    answer.content = UploadAnswer.from_orm(row).model_dump_json()
    return answer


@router.get(
    ONE, auth=Needs(Scope.DATASETS), response={200: UploadAnswer, 404: Problem}, url_name="look_at_upload"
)
def look_at_upload(request: HttpRequest, upload_id: uuid.UUID) -> Any:
    """How much is here. HEAD says the same in tus' headers."""
    return upload_look(upload=get_object_or_404(Upload, pk=upload_id, owner=request.user))


@router.api_operation(["HEAD"], ONE, auth=Needs(Scope.DATASETS), include_in_schema=False)
def look_at_upload_head(request: HttpRequest, upload_id: uuid.UUID) -> Any:
    """How much is here, as tus' clients ask."""
    return _answer(request, VERSION, upload_id)


@router.patch(
    ONE,
    auth=Needs(Scope.DATASETS),
    response={204: None, **dict.fromkeys((404, 409, 412, 413, 415, 423, 507), Problem)},
    openapi_extra=_PIECE,
)
def send_piece(
    request: HttpRequest,
    upload_id: uuid.UUID,
    upload_offset: int = Header(
        ..., alias="Upload-Offset", ge=0, le=_MANY_BYTES, description="where the piece begins: what is here"
    ),
    tus_resumable: str = Header(VERSION, alias="Tus-Resumable", max_length=20),
) -> Any:
    """Send more of it; what came before a cut is kept, and `Upload-Offset` says how much is here."""
    return _answer(request, tus_resumable, upload_id)


@router.delete(ONE, auth=Needs(Scope.DATASETS), response={204: None, 404: Problem})
def forget_upload(request: HttpRequest, upload_id: uuid.UUID) -> Any:
    """Give it up."""
    return _answer(request, VERSION, upload_id)


def _answer(request: HttpRequest, version: str, upload_id: uuid.UUID | None) -> HttpResponse:
    if version != VERSION:
        said = _("This site speaks tus %(version)s.") % {"version": VERSION}
        raise ProblemError(412, said, headers={"Tus-Version": VERSION})
    request.META["HTTP_TUS_RESUMABLE"] = VERSION
    request.__dict__.pop("headers", None)  # kept since they were first read
    assert isinstance(request.user, User)
    try:
        answer = upload_answer(request, request.user, str(upload_id) if upload_id else None)
    except UploadRefusedError as error:
        raise ProblemError(error.status, str(error)) from error
    answer["Tus-Resumable"] = VERSION
    return answer
