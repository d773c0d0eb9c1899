"""Archives for a paper: asking for one, following it, taking it."""

import uuid
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema, Status
from ninja.pagination import paginate

from accounts.api import Needs, Paged, Problem, ProblemError
from accounts.models import Scope, User
from papers.models import PaperExport
from papers.services import PaperLimitError, paper_export_create
from papers.views.exports import export_download
from training.models import Checkpoint

router = Router(tags=["papers"])
KEY = "/{uuid:key}"


class PaperWish(Schema):
    """Whose songs, and as what they are cited."""

    title: str = Field(min_length=1, max_length=200)
    authors: str = Field("", max_length=300, description="separated by semicolons")
    checkpoints: list[str] = Field(min_length=1, max_length=200, description="slugs of published checkpoints")
    with_human: bool = Field(True, description="human music of the site too")


class PaperAnswer(Schema):
    """An archive, there or on its way."""

    key: uuid.UUID
    title: str
    state: str
    progress: float
    reason: str
    song_count: int
    bytes: int
    sha256: str
    created_at: datetime
    page: str

    @staticmethod
    def resolve_page(row: PaperExport) -> str:
        """The address of its page."""
        return row.get_absolute_url()


@router.get("", auth=Needs(Scope.READ), response=list[PaperAnswer])
@paginate(Paged)
def list_papers(request: HttpRequest) -> Any:
    """One's own archives, the newest first."""
    assert isinstance(request.user, User)
    return PaperExport.objects.filter(owner=request.user)


@router.post("", auth=Needs(Scope.RUNS), response={201: PaperAnswer, 422: Problem, 429: Problem})
def ask_for_paper(request: HttpRequest, wish: PaperWish) -> Any:
    """Ask for an archive of all published songs of some checkpoints; it waits for a worker."""
    slugs = set(wish.checkpoints)
    chosen = list(Checkpoint.objects.published().filter(slug__in=slugs))
    missing = sorted(slugs - {row.slug for row in chosen})
    if missing:
        said = _("No published checkpoint is called %(name)s.") % {"name": missing[0][:80]}
        raise ProblemError(422, said, errors={"checkpoints": [said]})
    assert isinstance(request.user, User)
    try:
        row = paper_export_create(
            owner=request.user,
            title=wish.title,
            authors=wish.authors,
            checkpoints=chosen,
            with_human=wish.with_human,
        )
    except PaperLimitError as error:
        raise ProblemError(429, str(error), headers={"Retry-After": "60"}) from error
    return Status(201, row)


@router.get(KEY, auth=Needs(Scope.READ), response={200: PaperAnswer, 404: Problem})
def get_paper(request: HttpRequest, key: uuid.UUID) -> Any:
    """How far it is."""
    return get_object_or_404(PaperExport, key=key, owner_id=request.user.pk)


@router.get(
    KEY + "/download",
    auth=Needs(Scope.READ),
    response={404: Problem},
    openapi_extra={"responses": {200: {"description": "the archive", "content": {"application/zip": {}}}}},
)
def download_paper(request: HttpRequest, key: uuid.UUID) -> Any:
    """The archive, once it is put together."""
    return export_download(request, get_object_or_404(PaperExport, key=key, owner_id=request.user.pk).key)
