"""How far a song on its way is, over composing and rendering together."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from generator.first_songs import FIRST_SONGS
from generator.models import ComposeRequest, RenderRequest
from generator.models.rendition import PLAYABLE_FORMATS
from training.models import WorkState

COMPOSING_SHARE: Final = 0.8  # of the bar; the rest is rendering
LEFT_WORTH_SAYING_SECONDS: Final = 5.0
PACE_TAKES: Final = 20  # so many of the last ones tell how long one takes


class Stage(StrEnum):
    """Where a song on its way stands."""

    WAITING = "waiting"
    COMPOSING = "composing"
    RENDERING = "rendering"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class ComposeStage:
    """What the progress page says.

    Attributes:
        headline, detail: words for a person.
        fraction: of the whole way, 0 to 1.
    """

    stage: Stage
    headline: str
    detail: str
    fraction: float

    @property
    def percent(self) -> int:
        """The fraction for a progress bar."""
        return round(self.fraction * 100)

    @property
    def is_under_way(self) -> bool:
        """Whether the page should ask again."""
        return self.stage in (Stage.WAITING, Stage.COMPOSING, Stage.RENDERING)

    @property
    def can_cancel(self) -> bool:
        """Whether there is still something to stop."""
        return self.stage in (Stage.WAITING, Stage.COMPOSING)


def compose_stage(request: ComposeRequest) -> ComposeStage:
    """Where this request stands."""
    if request.state == WorkState.QUEUED:
        return ComposeStage(Stage.WAITING, _("Waiting"), _waiting_words(request), 0.0)
    if request.state == WorkState.RUNNING and request.song_id is None:
        fraction = COMPOSING_SHARE * request.progress
        return ComposeStage(Stage.COMPOSING, _("Composing"), _composing_words(request), fraction)
    if request.state == WorkState.FAILED:
        return ComposeStage(Stage.FAILED, _("This did not work"), request.reason, 0.0)
    if request.state == WorkState.CANCELLED:
        return ComposeStage(Stage.CANCELLED, _("Cancelled"), _("You can ask for it again."), 0.0)
    return _rendering_stage(request)


def _waiting_words(request: ComposeRequest) -> str:
    before = request.queue_position
    if before:
        words = ngettext(
            "%(count)s take is before yours in the queue.",
            "%(count)s takes are before yours in the queue.",
            before,
        ) % {"count": before}
    elif ComposeRequest.objects.running().exists():
        words = _("Yours is the next. The network is at work on another take.")
    else:
        return _("Yours is the next.")
    return f"{words} {_left_words(_seconds_left(request, before))}".strip()


def _seconds_left(request: ComposeRequest, before: int) -> float | None:
    """How long until this one is composed, at the pace of those that were done last."""
    done = ComposeRequest.objects.filter(
        state=WorkState.FINISHED, started_at__isnull=False, ended_at__isnull=False
    ).order_by("-ended_at")
    spans = done.values_list("started_at", "ended_at")[:PACE_TAKES]
    took = [(ended - started).total_seconds() for started, ended in spans if started and ended]
    return (before + 1) * sum(took) / len(took) if took else None


def _left_words(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < 90:
        count = max(5, 5 * math.ceil(seconds / 5))
        return ngettext("About %(count)s second left.", "About %(count)s seconds left.", count) % {
            "count": count
        }
    minutes = math.ceil(seconds / 60)
    return ngettext("About %(count)s minute left.", "About %(count)s minutes left.", minutes) % {
        "count": minutes
    }


def _composing_words(request: ComposeRequest) -> str:
    if not request.progress:
        return _("The network is getting ready.")
    words = _("%(percent)s %% of about %(seconds)s seconds of music.") % {
        "percent": round(request.progress * 100),
        "seconds": round(request.length_seconds),
    }
    if request.started_at is None or request.progress >= 1.0:
        return words
    taken = (timezone.now() - request.started_at).total_seconds()
    left = taken * (1.0 - request.progress) / request.progress
    return f"{words} {_left_words(left)}" if left > LEFT_WORTH_SAYING_SECONDS else words


def _rendering_stage(request: ComposeRequest) -> ComposeStage:
    """Composed: is there something to hear?"""
    song = request.song
    if song is None:
        return ComposeStage(Stage.FAILED, _("This song is gone"), _("It was deleted. Compose another."), 0.0)
    render = RenderRequest.objects.filter(song=song).first()
    if render is None or song.renditions.filter(format__in=PLAYABLE_FORMATS).exists():
        return ComposeStage(Stage.DONE, _("Done"), song.title, 1.0)
    if render.state in (WorkState.FAILED, WorkState.CANCELLED):
        words = _("It is composed, but it could not be turned into sound.")
        return ComposeStage(Stage.FAILED, _("This did not work"), f"{words} {render.reason}".strip(), 0.0)
    words = ngettext(
        "“%(title)s” is composed: %(notes)s note. It is being turned into sound.",
        "“%(title)s” is composed: %(notes)s notes. It is being turned into sound.",
        song.note_count,
    ) % {"title": song.title, "notes": f"{song.note_count:,}"}
    return ComposeStage(Stage.RENDERING, _("Rendering"), words, COMPOSING_SHARE)


@dataclass(frozen=True)
class FirstSongs:
    """How far the site's own first songs are.

    Attributes:
        wanted: those that the site asks for and that did not fail.
        ready: of these, those that can be heard.
        on_the_way: of these, those being composed or rendered, or waiting for it.
    """

    wanted: int
    ready: int
    on_the_way: int

    @property
    def is_complete(self) -> bool:
        """Whether there is nothing more to wait for."""
        return self.ready >= self.wanted


def first_songs() -> FirstSongs:
    """How many songs the site asks for itself, and how many of them can be heard."""
    own = ComposeRequest.objects.of_site()
    asked = own.count()
    made = own.filter(state=WorkState.FINISHED, song__isnull=False)
    ready = made.filter(song__is_published=True).count()
    rendering = made.filter(
        song__is_published=False,
        song__flaw="",
        song__render_request__state__in=(WorkState.QUEUED, WorkState.RUNNING),
    ).count()
    on_the_way = own.active().count() + rendering
    still_to_ask = max(0, len(FIRST_SONGS) - asked) if asked else 0
    return FirstSongs(wanted=still_to_ask + on_the_way + ready, ready=ready, on_the_way=on_the_way)
