"""What a browser is told about a take: how it stands, and its notes."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from generator.models import ComposeRequest, Draft
from generator.selectors.compose import compose_stage
from musicgen.sampling.streaming import StreamedNote


def takes_of(draft: Draft) -> QuerySet[ComposeRequest]:
    """The takes of a draft, the first one first."""
    rows = ComposeRequest.objects.filter(draft=draft).order_by("pk")
    return rows.select_related("checkpoint", "song__render_request", "prompt")


def take_state(take: ComposeRequest) -> dict[str, Any]:
    """How a take stands, as plain JSON values."""
    stage = compose_stage(take)
    song = take.song
    return {
        "stage": stage.stage.value,
        "headline": stage.headline,
        "detail": stage.detail,
        "percent": stage.percent,
        "under_way": stage.is_under_way,
        "composing": take.is_active,
        "song": song
        and {
            "id": song.pk,
            "title": song.title,
            "address": song.get_absolute_url(),
            "seconds": song.seconds,
            "notes": song.note_count,
            "flaw": song.flaw,
        },
    }


def note_rows(notes: Iterable[StreamedNote], program: int | None = None) -> list[list[float]]:
    """Notes as they are sent: onset and length in seconds, pitch with its cents, velocity, program.

    Args:
        notes: in order of onset.
        program: that all but drums are played with; None as composed. Drums have −1.
    """
    return [
        [
            round(note.start_seconds, 4),
            round(note.duration_seconds, 4),
            round(note.pitch + note.cents / 100.0, 2),
            note.velocity,
            -1 if note.is_drum else note.program if program is None else program,
        ]
        for note in notes
    ]
