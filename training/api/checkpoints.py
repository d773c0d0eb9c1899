"""Checkpoints: what may be composed from, and its weights."""

from typing import Any

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router
from ninja.pagination import paginate

from accounts.api import Needs, Paged, Problem, ProblemError, anybody
from accounts.models import Scope
from training.api.answers import CheckpointAnswer
from training.models import Checkpoint
from training.selectors import may_change_checkpoint
from training.services import checkpoint_publish, checkpoint_withdraw
from training.views.checkpoints import checkpoint_download

router = Router(tags=["checkpoints"])
SLUG = r"/{slug:slug}"


@router.get("", auth=anybody, response=list[CheckpointAnswer])
@paginate(Paged)
def list_checkpoints(request: HttpRequest, network: str | None = None) -> Any:
    """Published checkpoints: the shipped first, then the newest."""
    rows = Checkpoint.objects.published()
    return rows.filter(network=network) if network else rows


@router.get(SLUG, auth=anybody, response={200: CheckpointAnswer, 404: Problem})
def get_checkpoint(request: HttpRequest, slug: str) -> Any:
    """One checkpoint."""
    return _visible(request, slug)


@router.get(
    SLUG + "/download",
    auth=anybody,
    response={404: Problem},
    openapi_extra={
        "responses": {200: {"description": "weights and papers", "content": {"application/zip": {}}}}
    },
)
def download_checkpoint(request: HttpRequest, slug: str) -> Any:
    """Weights (safetensors), description and card as one zip archive."""
    return checkpoint_download(request, _visible(request, slug).slug)


@router.post(
    SLUG + "/publish",
    auth=Needs(Scope.RUNS),
    response={200: CheckpointAnswer, 403: Problem, 404: Problem},
)
def publish_checkpoint(request: HttpRequest, slug: str) -> Any:
    """Let everybody compose from it."""
    row = _mine(request, slug)
    checkpoint_publish(checkpoint=row)
    return row


@router.post(
    SLUG + "/withdraw",
    auth=Needs(Scope.RUNS),
    response={200: CheckpointAnswer, 403: Problem, 404: Problem},
)
def withdraw_checkpoint(request: HttpRequest, slug: str) -> Any:
    """Offer it for composing no longer."""
    row = _mine(request, slug)
    checkpoint_withdraw(checkpoint=row)
    return row


def _visible(request: HttpRequest, slug: str) -> Checkpoint:
    row = get_object_or_404(Checkpoint.objects.select_related("run__owner"), slug=slug)
    if not row.is_published and not may_change_checkpoint(request.user, row):
        raise Http404
    return row


def _mine(request: HttpRequest, slug: str) -> Checkpoint:
    row = _visible(request, slug)
    if not may_change_checkpoint(request.user, row):
        raise ProblemError(403, _("This checkpoint is somebody else’s."))
    return row
