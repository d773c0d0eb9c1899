"""Listeners whose answers look as if nobody had listened."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Avg, Count, Max, Q

from listening.models import Clip, Comparison, Exclusion, Outcome
from listening.selectors.digest import listener_digest
from musicgen.statistics.judgment.proportions import wilson_interval

FEWEST: Final = 8  # answers before anything is said of somebody
_SHORT_SECONDS: Final = 6.0  # heard of a clip on average: hardly more than must be
_LISTED: Final = 100


@dataclass(frozen=True)
class Suspicion:
    """One listener.

    Attributes:
        digest: their name in what is published.
        verdicts, failed, checks: how many.
        left_percent: clear choices for the left side.
        mean_heard: seconds heard of a clip.
        reasons: what looks strange, in words.
        exclusion: where they are or were set apart.
    """

    listener_id: uuid.UUID
    digest: str
    verdicts: int
    failed: int
    checks: int
    left_percent: int | None
    mean_heard: float
    reasons: tuple[str, ...]
    exclusion: Exclusion | None


def suspicious_listeners() -> list[Suspicion]:
    """Those who are set apart, and those who give reason to look, the most reasons first."""
    clear = Q(outcome__in=(Outcome.LEFT, Outcome.RIGHT))
    rows = (
        Comparison.objects.values("listener")
        .annotate(
            verdicts=Count("pk"),
            left=Count("pk", filter=Q(outcome=Outcome.LEFT)),
            clear=Count("pk", filter=clear),
            ties=Count("pk", filter=Q(outcome=Outcome.TIE)),
            bad=Count("pk", filter=Q(outcome=Outcome.BOTH_BAD)),
            failed=Count("pk", filter=Q(passed=False)),
            checks=Count("pk", filter=Q(passed__isnull=False)),
            newest=Max("answered_at"),
        )
        .filter(verdicts__gte=FEWEST)
    )
    exclusions = {row.listener_id: row for row in Exclusion.objects.all()}
    heard = dict(
        Clip.objects.filter(trial__comparison__isnull=False)
        .values("trial__listener")
        .annotate(mean=Avg("heard_seconds"))
        .values_list("trial__listener", "mean")
    )
    found = []
    for row in rows:
        reasons = tuple(_reasons(row, heard.get(row["listener"], 0.0)))
        exclusion = exclusions.get(row["listener"])
        if reasons or exclusion is not None:
            found.append(
                Suspicion(
                    listener_id=row["listener"],
                    digest=listener_digest(row["listener"]),
                    verdicts=row["verdicts"],
                    failed=row["failed"],
                    checks=row["checks"],
                    left_percent=round(100 * row["left"] / row["clear"]) if row["clear"] else None,
                    mean_heard=heard.get(row["listener"], 0.0),
                    reasons=reasons,
                    exclusion=exclusion,
                )
            )
    return sorted(found, key=lambda row: (-len(row.reasons), -row.verdicts))[:_LISTED]


def _reasons(row: Mapping[str, Any], mean_heard: float) -> list[str]:
    reasons = []
    if row["failed"] >= 2 and row["failed"] > 0.15 * row["checks"]:
        reasons.append(f"failed {row['failed']} of {row['checks']} checks")
    low, high = wilson_interval(row["left"], row["clear"])
    if row["clear"] and (low > 0.75 or high < 0.25):
        reasons.append("nearly always takes the same side")
    for count, words in ((row["ties"], "a tie"), (row["bad"], "both bad")):
        if count > 0.8 * row["verdicts"]:
            reasons.append(f"nearly always says {words}")
    if mean_heard < _SHORT_SECONDS:
        reasons.append(f"hears {mean_heard:.1f} s of a clip on average")
    return reasons
