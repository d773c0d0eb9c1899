"""A checkpoint: what it is, where it came from, its download, and whether anyone may compose from it."""

import io
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from musicgen.learning import CheckpointError, CheckpointInfo, read_checkpoint
from training.cards import CARD_NAME, CURVE_NAME, baseline_figure, split_figure
from training.models import Checkpoint
from training.selectors import may_change_checkpoint
from training.services import checkpoint_publish, checkpoint_withdraw
from training.services.exchange import packed_checkpoint
from training.trainings import settings_in_order


@require_safe
def checkpoint(request: HttpRequest, slug: str) -> HttpResponse:
    """What it is and where it came from."""
    row = _visible(request, slug)
    if row.slug != slug:
        return redirect(row)
    info = _info(row)
    card = row.papers / CARD_NAME
    context: dict[str, Any] = {
        "checkpoint": row,
        "info": info,
        "is_damaged": info is None,
        "card": card.read_text("utf-8") if card.is_file() else "",
        "has_curve": (row.papers / CURVE_NAME).is_file(),
        "figures": [
            (split, split_figure(row.metrics, split), baseline_figure(row.metrics, split))
            for split in ("validation", "test")
        ],
        "settings": settings_in_order(info.settings) if info else [],
        "may_change": may_change_checkpoint(request.user, row),
    }
    return render(request, "training/checkpoint.html", context)


@require_safe
def checkpoint_curve(request: HttpRequest, slug: str) -> FileResponse:
    """The loss curve of its training, as a picture."""
    row = _visible(request, slug)
    try:
        content = (row.papers / CURVE_NAME).open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    return FileResponse(content, content_type="image/svg+xml", filename=f"{row.slug}-loss.svg")


@require_safe
def checkpoint_download(request: HttpRequest, slug: str) -> FileResponse:
    """Weights, description, card and curve as one zip archive."""
    row = _visible(request, slug)
    if _info(row) is None:
        raise Http404
    archive = io.BytesIO(packed_checkpoint(row))
    return FileResponse(
        archive, as_attachment=True, filename=f"{row.slug}.zip", content_type="application/zip"
    )


@require_POST
@login_required
def checkpoint_offer(request: HttpRequest, slug: str) -> HttpResponse:
    """Publish it (`offered=1`), or withdraw it."""
    row = get_object_or_404(Checkpoint.objects.select_related("run"), slug=slug)
    if not may_change_checkpoint(request.user, row):
        raise PermissionDenied
    if request.POST.get("offered") == "1":
        checkpoint_publish(checkpoint=row)
    else:
        checkpoint_withdraw(checkpoint=row)
    return redirect(row)


def _visible(request: HttpRequest, slug: str) -> Checkpoint:
    """The checkpoint by its slug or number; one that was withdrawn is there for whoever may publish it."""
    by = {"pk": int(slug)} if slug.isdigit() else {"slug": slug}
    row = get_object_or_404(Checkpoint.objects.select_related("run", "run__owner", "dataset"), **by)
    if not row.is_published and not may_change_checkpoint(request.user, row):
        raise Http404
    return row


def _info(row: Checkpoint) -> CheckpointInfo | None:
    try:
        return read_checkpoint(row.path)
    except CheckpointError:
        return None
