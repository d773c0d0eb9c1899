"""What keeps the tests honest: limits, checks, and listeners set apart with a reason."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db.models import Count, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Listener
from listening.models import Check, Clip, Comparison, Exclusion, Outcome, Trial, Verdict
from listening.models.excerpt import ANCHORS

LEAST_HEARD_SECONDS: Final = 5.0  # of each clip
TRIAL_HOURS: Final = 24  # a trial that was left alone for so long is not answered any more
CHECKS_NEEDED: Final = 7
MOST_FAILED: Final = 0.15


class GuardError(Exception):
    """An answer is not taken; the message says why and what to do.

    Attributes:
        status: HTTP status that says the same.
        retry_seconds: after which it may be tried again, if waiting helps.
    """

    def __init__(self, message: str, status: int = 422, retry_seconds: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_seconds = retry_seconds


def check_heard(trial: Trial, clips: Iterable[Clip] | None = None) -> None:
    """Each clip was heard for long enough.

    Args:
        clips: those of the trial, where they are at hand.

    Raises:
        GuardError: not yet.
    """
    if any(clip.heard_seconds < LEAST_HEARD_SECONDS for clip in clips or trial.clips.all()):
        raise GuardError(
            _("Listen to each clip for at least %(seconds)g seconds first.")
            % {"seconds": LEAST_HEARD_SECONDS}
        )
    if trial.created_at < timezone.now() - timedelta(hours=TRIAL_HOURS):
        raise GuardError(_("This question is too old. Reload the page for a new one."), status=410)


def check_pace(listener: Listener, address_digest: str) -> None:
    """Nobody answers faster than they can listen.

    Raises:
        GuardError: with 429 and how long to wait.
    """
    now = timezone.now()
    day_ago, minute_ago = now - timedelta(days=1), now - timedelta(minutes=1)
    gap: float = settings.MUSICGEN_VERDICT_GAP_SECONDS
    own = Q(listener=listener, answered_at__gt=day_ago)
    near = Q(address_digest=address_digest, answered_at__gt=minute_ago)
    last: list[float] = []
    today = from_address = 0
    for model in (Comparison, Verdict):
        # One question for all three: whoever answers holds up everybody else who does.
        found = model._default_manager.filter(own | near).aggregate(
            today=Count("pk", filter=own),
            newest=Max("answered_at", filter=own),
            near=Count("pk", filter=near),
        )
        today += found["today"]
        from_address += found["near"]
        if found["newest"] is not None:
            last.append((now - found["newest"]).total_seconds())
    if last and min(last) < gap:
        wait = int(gap - min(last)) + 1
        raise GuardError(
            _("That was quick. Take at least %(seconds)g seconds for each answer.") % {"seconds": gap},
            429,
            wait,
        )
    if today >= settings.MUSICGEN_VERDICTS_A_DAY:
        raise GuardError(_("Thank you, that is enough for today. Come back tomorrow."), 429, 3600)
    if from_address >= settings.MUSICGEN_VERDICTS_A_MINUTE:
        raise GuardError(_("Too many answers come from your network. Wait a minute."), 429, 60)


def check_result(trial: Trial, outcome: str) -> bool | None:
    """Whether a check was passed; None where the trial is none, or where its answer decides nothing.

    Real music is expected to be preferred to its copy with shuffled pitches. Of a repeat the same
    clear choice is expected, but only where the two were real music and random notes: between what
    is nearer, such as random notes and an untrained network, even the most careful listener answers
    differently now and then (simulated ones were set apart by it).
    """
    left, right = (clip.excerpt.system for clip in trial.clips.select_related("excerpt").order_by("position"))
    if trial.check_kind == Check.SHUFFLED:
        wanted = Outcome.LEFT if right == "shuffled" else Outcome.RIGHT
        return outcome == wanted
    if trial.check_kind != Check.REPEAT or {left, right} != set(ANCHORS):
        return None
    first = Comparison.objects.filter(trial=trial.repeats_id).first()
    if first is None or first.outcome not in (Outcome.LEFT, Outcome.RIGHT):
        return None
    wanted = Outcome.RIGHT if first.outcome == Outcome.LEFT else Outcome.LEFT
    return outcome == wanted or (None if outcome == Outcome.BOTH_BAD else False)


def listener_judge(*, listener: Listener) -> Exclusion | None:
    """Set a listener apart who failed too many checks; what an operator decided stays."""
    results = list(
        Comparison.objects.filter(listener=listener, passed__isnull=False).values_list("passed", flat=True)
    )
    failed = results.count(False)
    if len(results) < CHECKS_NEEDED or failed <= MOST_FAILED * len(results):
        return None
    reason = f"failed {failed} of {len(results)} checks"
    exclusion, is_new = Exclusion.objects.get_or_create(listener=listener, defaults={"reason": reason})
    if not is_new and exclusion.automatic and exclusion.is_active:
        exclusion.reason = reason
        exclusion.save()
    return exclusion


def exclusion_set(*, listener: Listener, is_active: bool, reason: str) -> Exclusion:
    """An operator sets a listener apart or takes it back, and says why."""
    return Exclusion.objects.update_or_create(
        listener=listener, defaults={"is_active": is_active, "reason": reason[:300], "automatic": False}
    )[0]
