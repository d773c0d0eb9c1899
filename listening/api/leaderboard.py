"""The leaderboard as it was last computed."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router, Schema

from accounts.api import Problem, anybody
from listening.models import LeaderboardTable

router = Router(tags=["judgments"])


class Grouping(StrEnum):
    """What is compared."""

    CHECKPOINT = "checkpoint"
    NETWORK = "network"
    DATASET = "dataset"
    REPRESENTATION = "representation"


class Selection(StrEnum):
    """Whose verdicts count."""

    STANDARD = "standard"
    WITH_EXCLUDED = "with_excluded"
    ACCOUNTS_ONLY = "accounts_only"
    ACCOUNTS_WITH_EXCLUDED = "accounts_with_excluded"


class LeaderboardAnswer(Schema):
    """A table: strengths on the Elo scale with 95 % intervals, and what else listeners said."""

    version: int
    computed_at: datetime
    content: dict[str, Any]


@router.get("", auth=anybody, response={200: LeaderboardAnswer, 404: Problem})
def get_leaderboard(
    request: HttpRequest, by: Grouping = Grouping.NETWORK, of: Selection = Selection.STANDARD
) -> Any:
    """The leaderboard; 404 until one has been computed."""
    table = LeaderboardTable.objects.filter(name=f"{by}/{of}").first()
    if table is None:
        raise Http404
    return table
