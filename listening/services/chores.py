"""What the tests need in the background, a little at a time: excerpts, anchors, leaderboards."""

from collections import defaultdict
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Count, Max, Q
from django.utils import timezone

from generator.models import ComposeRequest, RenderRequest, Song
from generator.models.rendition import FIRST_FORMAT
from generator.selectors import first_songs
from generator.services import compose_request_ensure
from listening.models import Chore, ChoreKind, Comparison, Excerpt, Exclusion, Rating, Verdict
from listening.services.excerpt import excerpt_ensure
from musicgen.audio.excerpt import EXCERPT_SECONDS
from musicgen.learning.shipped import run_of
from musicgen.sampling.settings import SamplingSettings
from training.models import Checkpoint, Dataset, WorkState
from training.services import work_enqueue, work_requeue
from training.services.dataset import CHORALES

EXCERPTS_AT_ONCE: Final = 2  # asked for, so that other sound need not wait behind them
EXCERPTS_A_SYSTEM: Final = 40  # more songs of one checkpoint make no test better
LEADERBOARD_PAUSE_SECONDS: Final = 20.0
FAILED_PAUSE_SECONDS: Final = 600.0
STEP_SEEDS: Final = (1001, 1002)  # the same at every step of a shipped training
STEP_SECONDS: Final = 30.0


def chores_look() -> None:
    """See what is due and ask for it. Quick: it is called every few seconds."""
    _ask_for_excerpts()
    if _is_quiet() and anchors_due():
        _ask(ChoreKind.ANCHORS)
    elif _is_quiet():
        _compose_step()
    chore = Chore.objects.filter(kind=ChoreKind.LEADERBOARD).first()
    if leaderboard_news() != (chore.seen if chore else {}):
        _ask(ChoreKind.LEADERBOARD)


def leaderboard_news() -> dict[str, Any]:
    """What the leaderboards rest on; they are computed anew when it has changed."""
    changed = Exclusion.objects.aggregate(at=Max("changed_at"))["at"]
    rated = Rating.objects.aggregate(at=Max("updated_at"))["at"]
    news = {
        "comparison": Comparison.objects.aggregate(pk=Max("pk"))["pk"],
        "comparisons": Comparison.objects.count(),
        "verdict": Verdict.objects.aggregate(pk=Max("pk"))["pk"],
        "verdicts": Verdict.objects.count(),
        "ratings": Rating.objects.count(),
        "exclusions": Exclusion.objects.count(),
        "rating": rated.isoformat() if rated else None,
        "exclusion": changed.isoformat() if changed else None,
    }
    return {name: value for name, value in news.items() if value}


def anchors_due() -> bool:
    """Whether the bundled dataset has been taken in, and no anchors were made of it."""
    if Song.objects.filter(settings__anchor__isnull=False).exists():
        return False
    return Dataset.objects.filter(bundled=CHORALES, state=WorkState.FINISHED).exists()


def _is_quiet() -> bool:
    """Whether nobody waits for a song."""
    busy = ComposeRequest.objects.active().exists() or RenderRequest.objects.active().exists()
    return not busy and first_songs().is_complete


def _compose_step() -> None:
    """Ask for one more of the pieces that the steps of a shipped training are compared by.

    One at a time, while nobody waits for a song.
    """
    trainings: dict[str, list[str]] = defaultdict(list)
    for slug in Checkpoint.objects.filter(run=None).values_list("slug", flat=True):
        trainings[run_of(slug)].append(slug)
    slugs = [slug for names in trainings.values() if len(names) > 1 for slug in names]
    for seed in STEP_SEEDS[: settings.MUSICGEN_STEP_TAKES]:
        asked = ComposeRequest.objects.filter(listener=None, settings__seed=seed).values("checkpoint")
        checkpoint = Checkpoint.objects.filter(slug__in=slugs).exclude(pk__in=asked).order_by("pk").first()
        if checkpoint is not None:
            sampling = SamplingSettings(seed=seed, length_seconds=STEP_SECONDS)
            compose_request_ensure(checkpoint=checkpoint, sampling=sampling)
            return


def _ask_for_excerpts() -> None:
    free = EXCERPTS_AT_ONCE - Excerpt.objects.active().count()
    if free <= 0:
        return
    full = [
        row["song__checkpoint"]
        for row in Excerpt.objects.filter(song__checkpoint__isnull=False)
        .values("song__checkpoint")
        .annotate(count=Count("pk"))
        if row["count"] >= EXCERPTS_A_SYSTEM
    ]
    songs = (
        Song.objects.filter(
            Q(is_published=True) | Q(settings__anchor__isnull=False),
            excerpt=None,
            seconds__gte=EXCERPT_SECONDS,
            renditions__format=FIRST_FORMAT,
        )
        .exclude(checkpoint__in=full)
        .select_related("checkpoint")
        .order_by("pk")[:free]
    )
    for song in songs:
        excerpt_ensure(song=song)


def _ask(kind: ChoreKind) -> None:
    chore, is_new = Chore.objects.get_or_create(kind=kind)
    if is_new:
        work_enqueue(row=chore)
        return
    pause = FAILED_PAUSE_SECONDS if chore.state == WorkState.FAILED else LEADERBOARD_PAUSE_SECONDS
    if chore.ended_at is not None and chore.ended_at < timezone.now() - timedelta(seconds=pause):
        work_requeue(row=chore)
