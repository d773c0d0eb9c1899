"""Songs, their sound and their MIDI."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from ninja import Field, Router, Schema
from ninja.pagination import paginate

from accounts.api import Paged, Problem, anybody
from generator.models import Song, SongKind
from generator.selectors import SongOrder, SongQuery, listed_songs
from generator.views.audio import song_audio, song_midi
from generator.views.visibility import visible_song

router = Router(tags=["songs"])


class RenditionAnswer(Schema):
    """One sound file of a song."""

    format: str
    bytes: int
    seconds: float
    loudness_lufs: float | None
    soundfont: str
    sha256: str
    address: str = Field(alias="get_absolute_url")


class SongAnswer(Schema):
    """A song with what it is made from."""

    id: int
    title: str
    kind: str
    checkpoint: str | None
    seed: int | None
    settings: dict[str, Any]
    seconds: float
    note_count: int
    flaw: str
    is_published: bool
    rating_count: int
    rating_mean: float | None
    midi_sha256: str
    midi: str
    page: str
    renditions: list[RenditionAnswer]
    created_at: datetime

    @staticmethod
    def resolve_checkpoint(row: Song) -> str | None:
        """The checkpoint's slug."""
        return row.checkpoint.slug if row.checkpoint else None

    @staticmethod
    def resolve_midi(row: Song) -> str:
        """The address of its MIDI file."""
        return reverse("generator:song_midi", args=[row.pk])

    @staticmethod
    def resolve_page(row: Song) -> str:
        """The address of its page."""
        return row.get_absolute_url()

    @staticmethod
    def resolve_renditions(row: Song) -> list[Any]:
        """Its sound files, the best to play first."""
        return sorted(row.renditions.all(), key=lambda rendition: rendition.offer_rank)


class SongDetail(SongAnswer):
    """A song with its measures."""

    statistics: dict[str, Any]


@router.get("", auth=anybody, response=list[SongAnswer])
@paginate(Paged)
def list_songs(
    request: HttpRequest,
    order: SongOrder = SongOrder.NEWEST,
    network: str | None = None,
    checkpoint: str | None = None,
    kind: SongKind | None = None,
) -> Any:
    """Published songs."""
    wanted = SongQuery(order=order, network=network or "", checkpoint=checkpoint or "", kind=kind or "")
    return listed_songs(wanted)


@router.get("/{int:song_id}", auth=anybody, response={200: SongDetail, 404: Problem})
def get_song(request: HttpRequest, song_id: int) -> Any:
    """One song with its statistics."""
    return visible_song(request, song_id)


@router.get(
    "/{int:song_id}/midi",
    auth=anybody,
    response={404: Problem},
    openapi_extra={"responses": {200: {"description": "the MIDI file", "content": {"audio/midi": {}}}}},
)
def get_song_midi(request: HttpRequest, song_id: int) -> Any:
    """The MIDI file."""
    return song_midi(request, song_id)


@router.get(
    "/{int:song_id}/renditions/{rendition_format}",
    auth=anybody,
    response={404: Problem},
    openapi_extra={"responses": {200: {"description": "the sound file", "content": {"audio/*": {}}}}},
)
def get_rendition(request: HttpRequest, song_id: int, rendition_format: str) -> Any:
    """One sound file, in ranges where they are asked for."""
    return song_audio(request, song_id, rendition_format)
