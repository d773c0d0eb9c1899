"""A listener's answers follow them when they sign in, and go when they say so."""

from django.db import transaction
from django.db.models import F

from accounts.models import Listener
from listening.models import (
    Comparison,
    Enrolment,
    Exclusion,
    Outcome,
    PairTally,
    Participation,
    Rating,
    Trial,
    Verdict,
)
from listening.selectors.snapshot import snapshot_forget
from listening.services.rating import rating_remove


@transaction.atomic
def listening_data_delete(*, listener: Listener) -> None:
    """Delete what the listener said: consents, trials with their answers, ratings, participations.

    The leaderboards are computed anew without it.
    """
    for row in Comparison.objects.filter(listener=listener, check_kind=""):
        _untally(row)
    for rating in Rating.objects.filter(listener=listener).select_related("song"):
        rating_remove(song=rating.song, listener=listener)
    Exclusion.objects.filter(listener=listener).delete()
    Participation.objects.filter(listener=listener).delete()
    Trial.objects.filter(listener=listener).delete()
    Enrolment.objects.filter(listener=listener).delete()
    transaction.on_commit(snapshot_forget)


@transaction.atomic
def listening_merge(*, source: Listener, target: Listener) -> None:
    """Give one listener's answers to another; where both took part in a study, the target's stay."""
    for model in (Comparison, Verdict, Trial, Enrolment):
        model._default_manager.filter(listener=source).update(listener=target)
    for participation in Participation.objects.filter(listener=source):
        taken = Participation.objects.filter(
            listener=target, study=participation.study_id, is_preview=participation.is_preview
        )
        if not taken.exists():
            participation.listener = target
            participation.save(update_fields=["listener"])
    apart = Exclusion.objects.filter(listener=source).first()
    if apart is not None and not Exclusion.objects.filter(listener=target).exists():
        apart.listener = target
        apart.save(update_fields=["listener"])
    transaction.on_commit(snapshot_forget)


def _untally(comparison: Comparison) -> None:
    first, second = sorted((comparison.left_system, comparison.right_system))
    is_tie = comparison.outcome in (Outcome.TIE, Outcome.BOTH_BAD)
    first_won = comparison.outcome == (Outcome.LEFT if first == comparison.left_system else Outcome.RIGHT)
    PairTally.objects.filter(first_system=first, second_system=second, count__gt=0).update(
        count=F("count") - 1, first_wins=F("first_wins") - int(first_won), ties=F("ties") - int(is_tie)
    )
