"""Asking again for a song's sound."""

from generator.models import RenderRequest
from training.services import work_requeue


def render_request_retry(*, request: RenderRequest) -> bool:
    """Make a rendering that failed wait again. Returns whether it does."""
    return work_requeue(row=request, progress=0.0)
