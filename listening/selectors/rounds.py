"""Rounds of human or machine: how somebody did, and how others."""

import uuid
from dataclasses import dataclass
from typing import Final

from django.db.models import Case, Count, F, IntegerField, Q, Sum, Value, When

from listening.models import Verdict
from listening.models.excerpt import REAL

FULL_ROUND: Final = 10
_BARS: Final = 5


@dataclass(frozen=True)
class Score:
    """Right answers of so many; pieces that were known count for neither."""

    right: int
    total: int

    @property
    def percent(self) -> int:
        """Rounded share."""
        return round(100 * self.right / self.total) if self.total else 0


@dataclass(frozen=True)
class Others:
    """How others did.

    Attributes:
        rounds: full rounds of everybody.
        mean_percent: of their right answers.
        beaten_percent: share of the rounds that were worse than this one; None with fewer than five.
    """

    rounds: int
    mean_percent: int
    beaten_percent: int | None


def _is_right() -> Q:
    return Q(said_human=True, system=REAL) | (Q(said_human=False) & ~Q(system=REAL))


def round_score(round_id: uuid.UUID) -> Score:
    """Of one round."""
    rows = Verdict.objects.filter(trial__round=round_id, knew_it=False)
    return Score(right=rows.filter(_is_right()).count(), total=rows.count())


def others_scores(score: Score) -> Others:
    """Beside all full rounds on the site."""
    right = Case(When(_is_right(), then=Value(1)), default=Value(0), output_field=IntegerField())
    rounds = list(
        Verdict.objects.filter(knew_it=False)
        .values(round=F("trial__round"))
        .annotate(total=Count("pk"), right=Sum(right))
        .filter(total__gte=FULL_ROUND - 2)
        .values_list("right", "total")
    )
    total = sum(count for _, count in rounds)
    mean = round(100 * sum(good for good, _ in rounds) / total) if total else 0
    share = score.right / score.total if score.total else 0.0
    worse = sum(good / count < share for good, count in rounds)
    beaten = round(100 * worse / len(rounds)) if len(rounds) >= _BARS else None
    return Others(rounds=len(rounds), mean_percent=mean, beaten_percent=beaten)
