"""Datasets: what there is, what became of each file, and bringing more."""

import errno
from typing import Any

from django.core.exceptions import TooManyFilesSent
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Status
from ninja.pagination import paginate

from accounts.api import Needs, Paged, Problem, ProblemError, anybody
from accounts.models import Scope, User
from accounts.roles import is_moderator
from training.api.answers import DatasetAnswer, DatasetFileAnswer
from training.forms import DatasetUploadForm
from training.models import Dataset, DatasetFile, Verdict
from training.models.dataset import DatasetQuerySet
from training.selectors import may_change_dataset
from training.services import DatasetInUseError, dataset_create, dataset_delete, dataset_retry
from training.uploads import UploadTooLargeError, receive_files

router = Router(tags=["datasets"])

_UPLOAD_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["name", "licence"],
                    "properties": {
                        "name": {"type": "string", "maxLength": 120},
                        "licence": {"type": "string"},
                        "licence_note": {"type": "string"},
                        "source": {"type": "string"},
                        "uploads": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "description": "archives or MIDI files, sent at once",
                        },
                        "received": {
                            "type": "array",
                            "items": {"type": "string", "format": "uuid"},
                            "description": "in their place: ids of files sent piece by piece, see uploads",
                        },
                    },
                }
            }
        },
    }
}


@router.get("", auth=anybody, response=list[DatasetAnswer])
@paginate(Paged)
def list_datasets(request: HttpRequest) -> Any:
    """Datasets, the newest first."""
    rows = Dataset.objects.listed_for(request.user, everything=is_moderator(request.user))
    return rows.with_counts()


@router.post(
    "",
    auth=Needs(Scope.DATASETS),
    response={201: DatasetAnswer, 400: Problem, 413: Problem, 422: Problem, 507: Problem},
    openapi_extra=_UPLOAD_FORM,
)
def upload_dataset(request: HttpRequest) -> Any:
    """Make a dataset of archives or MIDI files; it is then taken in by a worker.

    Large files are better sent piece by piece first (see uploads) and named here as `received`.
    """
    try:
        receive_files(request)
        assert isinstance(request.user, User)
        form = DatasetUploadForm(request.POST, request.FILES, owner=request.user)
    except (UploadTooLargeError, TooManyFilesSent) as error:
        raise ProblemError(413, str(error)) from error
    except (MultiPartParserError, UnreadablePostError) as error:
        raise ProblemError(400, _("The upload broke off; nothing was kept. Send it again.")) from error
    if not form.is_valid():
        raise ProblemError(
            422,
            _("Some fields cannot be used."),
            errors={name: [str(word) for word in said] for name, said in form.errors.items()},
        )
    said = dict(form.cleaned_data)
    try:
        row = dataset_create(owner=request.user, files=said.pop("uploads"), **said)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise ProblemError(507, _("There is no room left on the site’s disk; nothing was kept.")) from error
    return Status(201, Dataset.objects.with_counts().get(pk=row.pk))


@router.get("/{int:dataset_id}", auth=anybody, response={200: DatasetAnswer, 404: Problem})
def get_dataset(request: HttpRequest, dataset_id: int) -> Any:
    """One dataset."""
    return get_object_or_404(_seen(request).with_counts(), pk=dataset_id)


@router.get("/{int:dataset_id}/files", auth=anybody, response={200: list[DatasetFileAnswer], 404: Problem})
@paginate(Paged)
def list_dataset_files(request: HttpRequest, dataset_id: int, verdict: Verdict | None = None) -> Any:
    """What became of each file."""
    files = DatasetFile.objects.filter(dataset=get_object_or_404(_seen(request), pk=dataset_id))
    return files.filter(verdict=verdict) if verdict else files


@router.post(
    "/{int:dataset_id}/ingest",
    auth=Needs(Scope.DATASETS),
    response={202: DatasetAnswer, 403: Problem, 404: Problem},
)
def ingest_dataset(request: HttpRequest, dataset_id: int) -> Any:
    """Take it in once more."""
    dataset_retry(dataset=_mine(request, dataset_id))
    return Status(202, Dataset.objects.with_counts().get(pk=dataset_id))


@router.delete(
    "/{int:dataset_id}",
    auth=Needs(Scope.DATASETS),
    response={204: None, 403: Problem, 404: Problem, 409: Problem},
)
def delete_dataset(request: HttpRequest, dataset_id: int) -> Any:
    """Delete it with its files, unless runs learned from it."""
    try:
        dataset_delete(dataset=_mine(request, dataset_id))
    except DatasetInUseError as error:
        raise ProblemError(409, str(error)) from error
    return Status(204, None)


def _seen(request: HttpRequest) -> DatasetQuerySet:
    return Dataset.objects.seen_by(request.user, everything=is_moderator(request.user))


def _mine(request: HttpRequest, dataset_id: int) -> Dataset:
    row = get_object_or_404(_seen(request), pk=dataset_id)
    if not may_change_dataset(request.user, row):
        raise ProblemError(403, _("This dataset is somebody else’s."))
    return row
