"""Asking for songs."""

from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema, Status

from accounts.api import Needs, Problem, ProblemError
from accounts.middleware import listener_of
from accounts.models import Scope
from generator.forms import LARGEST_SEED, LONGEST_SECONDS, SHORTEST_SECONDS
from generator.live import START, is_offset
from generator.models import ComposeRequest
from generator.selectors import compose_stage
from generator.services import (
    FairLimitError,
    compose_request_cancel,
    compose_requests_create,
    seed_draw,
)
from generator.services.draft import MOST_TAKES
from generator.views.live import take_events, take_stream
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
    takes: int = Field(1, ge=1, le=MOST_TAKES, description="so many songs, the seed of each one higher")


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


class ComposeStarted(ComposeAnswer):
    """The first of the takes that were asked for, and the ids of all."""

    takes: list[int]


class LiveState(Schema):
    """What happened to a take since an offset, and how it stands.

    `events` are of the kinds begin, notes and end; `notes` are rows of onset and length in seconds, pitch
    (cents behind the point), velocity and General MIDI program (−1: drums).
    """

    offset: str
    events: list[dict[str, Any]]
    state: dict[str, Any]


@router.post(
    "",
    auth=Needs(Scope.COMPOSE),
    response={202: ComposeStarted, 404: Problem, 422: Problem, 429: Problem},
)
def compose_song(request: HttpRequest, wish: ComposeWish) -> Any:
    """Ask for a song, or for several takes of one; they wait for a worker."""
    checkpoint = get_object_or_404(Checkpoint.objects.published(), slug=wish.checkpoint)
    chosen = wish.model_dump(exclude={"checkpoint", "takes"})
    if chosen["seed"] is None:
        chosen["seed"] = seed_draw()
    try:
        sampling = SamplingSettings(**chosen)
    except SamplingSettingsError as error:
        raise ProblemError(422, str(error), errors={error.field: [str(error)]}) from error
    try:
        rows = compose_requests_create(
            checkpoint=checkpoint,
            sampling=sampling,
            listener=listener_of(request).ensure(),
            takes=wish.takes,
        )
    except FairLimitError as error:
        raise ProblemError(429, str(error), headers={"Retry-After": "60"}) from error
    return Status(202, {**_answer(rows[0]), "takes": [row.pk for row in rows]})


@router.get("/{int:request_id}", auth=Needs(Scope.READ), response={200: ComposeAnswer, 404: Problem})
def get_compose_request(request: HttpRequest, request_id: int) -> Any:
    """How it is doing; `song_id` is there once it is composed."""
    return _answer(visible_compose_request(request, request_id))


@router.get(
    "/{int:request_id}/stream",
    auth=Needs(Scope.READ),
    response={400: Problem, 404: Problem, 503: Problem},
    openapi_extra={
        "responses": {200: {"description": "its events as they happen", "content": {"text/event-stream": {}}}}
    },
)
def stream_compose_request(request: HttpRequest, request_id: int, after: str = START) -> Any:
    """Its notes and its state as they come, as server-sent events; connect anew when it ends before `over`.

    Events: `state`, `begin`, `notes`, `end`, `over`; ids are offsets, `Last-Event-ID` goes on from one.
    """
    answer = take_stream(request, request_id)
    if answer.status_code >= 400:
        raise ProblemError(
            answer.status_code,
            answer.content.decode() if isinstance(answer, HttpResponse) else "",
            headers={name: answer[name] for name in ("Retry-After",) if name in answer},
        )
    return answer


@router.get(
    "/{int:request_id}/events",
    auth=Needs(Scope.READ),
    response={200: LiveState, 400: Problem, 404: Problem},
)
def list_compose_events(request: HttpRequest, request_id: int, after: str = START) -> Any:
    """The same for asking again and again: give the `offset` of the last answer as `after`."""
    if not is_offset(after):
        raise ProblemError(400, _("There is no such offset."))
    return take_events(request, request_id)


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
