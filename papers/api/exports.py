"""Archives for a paper: asking for one, following it, taking it."""

import uuid
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema, Status
from ninja.pagination import paginate

from accounts.api import Needs, Paged, Problem, ProblemError
from accounts.models import Scope, User
from generator.models import Song
from listening.models import Study
from papers.models import MOST_SONGS, PaperExport
from papers.services import PaperLimitError, paper_export_create
from papers.views.exports import export_download
from training.models import Checkpoint

Row = TypeVar("Row", bound=Model)

router = Router(tags=["papers"])
KEY = "/{uuid:key}"


class PaperWish(Schema):
    """Whose songs, and as what they are cited."""

    title: str = Field(min_length=1, max_length=200)
    authors: str = Field("", max_length=300, description="separated by semicolons")
    checkpoints: list[str] = Field([], max_length=200, description="slugs of published checkpoints")
    songs: list[int] = Field([], max_length=MOST_SONGS, description="numbers of published songs")
    studies: list[int] = Field([], max_length=200, description="numbers of one's own studies")
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
    """Ask for an archive: songs of checkpoints, of one's own studies, or any; it waits for a worker."""
    assert isinstance(request.user, User)
    checkpoints = _all_of("checkpoints", Checkpoint.objects.published(), "slug", wish.checkpoints)
    songs = _all_of("songs", Song.objects.published(), "pk", wish.songs)
    studies = _all_of("studies", Study.objects.filter(owner=request.user), "pk", wish.studies)
    if not (checkpoints or songs or studies):
        said = _("Choose whose songs go into it: checkpoints, songs or studies.")
        raise ProblemError(422, said, errors={"checkpoints": [said]})
    try:
        row = paper_export_create(
            owner=request.user,
            title=wish.title,
            authors=wish.authors,
            checkpoints=checkpoints,
            songs=songs,
            studies=studies,
            with_human=wish.with_human,
        )
    except PaperLimitError as error:
        raise ProblemError(429, str(error), headers={"Retry-After": "60"}) from error
    return Status(201, row)


def _all_of(name: str, rows: QuerySet[Row], field: str, wanted: list[Any]) -> list[Row]:
    """The rows asked for, every one.

    Raises:
        ProblemError: one is not there.
    """
    asked = set(wanted)
    if any(isinstance(value, int) and not 0 < value < 2**63 for value in asked):
        found: list[Row] = []
    else:
        found = list(rows.filter(**{f"{field}__in": asked}))
    missing = sorted(asked - {getattr(row, field) for row in found})
    if missing:
        said = _("Not there, or not for you: %(name)s.") % {"name": str(missing[0])[:80]}
        raise ProblemError(422, said, errors={name: [said]})
    return found


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
