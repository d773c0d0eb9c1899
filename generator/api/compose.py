"""Asking for songs."""

from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema, Status

from accounts.api import Needs, Problem, ProblemError
from accounts.middleware import listener_of
from accounts.models import Scope
from generator.forms import LARGEST_SEED, LONGEST_SECONDS, SHORTEST_SECONDS
from generator.models import ComposeRequest
from generator.selectors import compose_stage
from generator.services import (
    FairLimitError,
    compose_request_cancel,
    compose_request_create,
    seed_draw,
)
from generator.views.visibility import visible_compose_request
from musicgen.sampling.settings import SamplingSettings, SamplingSettingsError
from training.models import Checkpoint

router = Router(tags=["compose"])
_USUAL: Final = SamplingSettings()


class ComposeWish(Schema):
    """A song to compose."""

    checkpoint: str = Field(description="the slug of a published checkpoint", max_length=80)
    seed: int | None = Field(None, ge=0, le=LARGEST_SEED, description="drawn when left out")
    length_seconds: float = Field(_USUAL.length_seconds, ge=SHORTEST_SECONDS, le=LONGEST_SECONDS)
    temperature: float = _USUAL.temperature
    top_k: int = _USUAL.top_k
    top_p: float = _USUAL.top_p
    min_p: float = _USUAL.min_p
    repetition: float = _USUAL.repetition
    tempo_bpm: float | None = None
    density: float | None = Field(None, description="notes a second")
    key: str | None = Field(None, description="such as “D minor”", max_length=20)
    instrument: str | None = Field(None, description="a family of General MIDI’s", max_length=40)


class ComposeAnswer(Schema):
    """How a song on its way is doing."""

    id: int
    stage: str
    fraction: float
    detail: str
    checkpoint: str
    settings: dict[str, Any]
    song_id: int | None
    created_at: datetime


@router.post(
    "",
    auth=Needs(Scope.COMPOSE),
    response={202: ComposeAnswer, 404: Problem, 422: Problem, 429: Problem},
)
def compose_song(request: HttpRequest, wish: ComposeWish) -> Any:
    """Ask for a song; it waits for a worker."""
    checkpoint = get_object_or_404(Checkpoint.objects.published(), slug=wish.checkpoint)
    chosen = wish.model_dump(exclude={"checkpoint"})
    if chosen["seed"] is None:
        chosen["seed"] = seed_draw()
    try:
        sampling = SamplingSettings(**chosen)
    except SamplingSettingsError as error:
        raise ProblemError(422, str(error), errors={error.field: [str(error)]}) from error
    try:
        row = compose_request_create(
            checkpoint=checkpoint, sampling=sampling, listener=listener_of(request).ensure()
        )
    except FairLimitError as error:
        raise ProblemError(429, str(error), headers={"Retry-After": "60"}) from error
    return Status(202, _answer(row))


@router.get("/{int:request_id}", auth=Needs(Scope.READ), response={200: ComposeAnswer, 404: Problem})
def get_compose_request(request: HttpRequest, request_id: int) -> Any:
    """How it is doing; `song_id` is there once it is composed."""
    return _answer(visible_compose_request(request, request_id))


@router.delete("/{int:request_id}", auth=Needs(Scope.COMPOSE), response={202: ComposeAnswer, 404: Problem})
def cancel_compose_request(request: HttpRequest, request_id: int) -> Any:
    """Stop it."""
    row = visible_compose_request(request, request_id)
    compose_request_cancel(request=row)
    row.refresh_from_db()
    return Status(202, _answer(row))


def _answer(row: ComposeRequest) -> dict[str, Any]:
    stage = compose_stage(row)
    return {
        "id": row.pk,
        "stage": stage.stage.value,
        "fraction": stage.fraction,
        "detail": stage.detail,
        "checkpoint": row.checkpoint.slug,
        "settings": row.settings,
        "song_id": row.song_id,
        "created_at": row.created_at,
    }
