"""Answers are taken: once, after listening, at a human pace, and never lost."""

from collections.abc import Mapping
from typing import Final

from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Listener
from generator.models import Song
from listening.models import REASONS, Check, Clip, Comparison, Outcome, PairTally, Trial, TrialKind, Verdict
from listening.services.guards import GuardError, check_heard, check_pace, check_result, listener_judge

_SLACK_SECONDS: Final = 0.5  # a report is on its way for a moment


@transaction.atomic
def heard_report(*, trial: Trial, seconds: Mapping[int, float], plays: Mapping[int, int]) -> Trial:
    """Credit what the page says was heard since it last reported, as far as so much time has passed.

    The clock is the server's: over all reports no more is credited than the time since the question
    was asked, less what was heard of others meanwhile, for nobody hears two at once. A report that
    comes late on a slow line is worth as much as one in time.

    Args:
        seconds: by the clip's position.
        plays: how often each was started since then.
    """
    held = Trial.objects.select_for_update().get(pk=trial.pk)
    now = timezone.now()
    clips = list(held.clips.all())
    left = (now - held.created_at).total_seconds() + _SLACK_SECONDS
    left -= sum(clip.heard_seconds for clip in clips) + _heard_meanwhile(held)
    for clip in clips:
        credit = min(max(0.0, float(seconds.get(clip.position, 0.0))), max(0.0, left))
        started = min(max(0, int(plays.get(clip.position, 0))), 100)
        if credit > 0 or started:
            left -= credit
            Clip.objects.filter(pk=clip.pk).update(
                heard_seconds=F("heard_seconds") + credit, plays=F("plays") + started
            )
    Trial.objects.filter(pk=held.pk).update(reported_at=now)
    held.reported_at = now
    return held


def _heard_meanwhile(trial: Trial) -> float:
    """Seconds that were heard of the listener's other questions since this one was asked, at most."""
    others = Trial.objects.filter(listener=trial.listener_id, reported_at__gt=trial.created_at)
    rows = others.exclude(pk=trial.pk).annotate(heard=Sum("clips__heard_seconds"))
    return sum(
        min(heard or 0.0, (reported_at - trial.created_at).total_seconds())
        for heard, reported_at in rows.values_list("heard", "reported_at")
        if reported_at is not None
    )


@transaction.atomic
def comparison_record(
    *, trial: Trial, outcome: str, reasons: list[str], address_digest: str
) -> tuple[Comparison, bool]:
    """Take the answer to a blind pair. Sent twice, it counts once, and the first one stays.

    Returns:
        The answer that counts, and whether it is new.

    Raises:
        GuardError: not heard for long enough, too quick, too many, or no answer.
    """
    held = Trial.objects.select_for_update().get(pk=trial.pk)
    known = Comparison.objects.filter(trial=held).first()
    if known is not None:
        return known, False
    if held.kind != TrialKind.PAIR or outcome not in Outcome.values:
        raise GuardError(_("Choose A, B, as good as each other, or both bad."))
    held.listener = Listener.objects.select_for_update().get(pk=held.listener_id)
    clips = list(held.clips.select_related("excerpt").order_by("position"))
    check_heard(held, clips)
    check_pace(held.listener, address_digest)
    left, right = clips
    comparison = Comparison.objects.create(
        trial=held,
        listener=held.listener,
        outcome=outcome,
        reasons=[reason for reason in REASONS if reason in reasons],
        left_system=left.excerpt.system,
        right_system=right.excerpt.system,
        left_song_id=left.excerpt.song_id,
        right_song_id=right.excerpt.song_id,
        weight=held.weight,
        check_kind=held.check_kind,
        passed=check_result(held, outcome) if held.check_kind else None,
        address_digest=address_digest,
    )
    if held.check_kind == Check.NONE:
        _tally(comparison)
    elif comparison.passed is not None:
        listener_judge(listener=held.listener)
    return comparison, True


@transaction.atomic
def verdict_record(
    *, trial: Trial, said_human: bool, knew_it: bool, address_digest: str
) -> tuple[Verdict, bool]:
    """Take the answer to human or machine; sent twice, it counts once.

    Raises:
        GuardError: not heard for long enough, too quick or too many.
    """
    held = Trial.objects.select_for_update().get(pk=trial.pk)
    known = Verdict.objects.filter(trial=held).first()
    if known is not None:
        return known, False
    if held.kind != TrialKind.TURING:
        raise GuardError(_("This is another kind of question."))
    held.listener = Listener.objects.select_for_update().get(pk=held.listener_id)
    check_heard(held)
    check_pace(held.listener, address_digest)
    excerpt = held.clips.select_related("excerpt").get().excerpt
    verdict = Verdict.objects.create(
        trial=held,
        listener=held.listener,
        system=excerpt.system,
        song_id=excerpt.song_id,
        said_human=said_human,
        knew_it=knew_it,
        address_digest=address_digest,
    )
    if excerpt.song_id is not None:
        _count_verdicts(excerpt.song_id)
    return verdict, True


def _count_verdicts(song_id: int) -> None:
    """Keep the song's own count of verdicts true; lists are narrowed by it."""
    counted = Verdict.objects.filter(song=song_id, knew_it=False)
    human = counted.filter(said_human=True).count()
    Song.objects.filter(pk=song_id).update(verdict_count=counted.count(), human_count=human)


def _tally(comparison: Comparison) -> None:
    first, second = sorted((comparison.left_system, comparison.right_system))
    is_tie = comparison.outcome in (Outcome.TIE, Outcome.BOTH_BAD)
    first_won = comparison.outcome == (Outcome.LEFT if first == comparison.left_system else Outcome.RIGHT)
    tally = PairTally.objects.filter(first_system=first, second_system=second)
    counted = {
        "count": F("count") + 1,
        "first_wins": F("first_wins") + int(first_won),
        "ties": F("ties") + int(is_tie),
    }
    if not tally.update(**counted):
        PairTally.objects.get_or_create(first_system=first, second_system=second)
        tally.update(**counted)
