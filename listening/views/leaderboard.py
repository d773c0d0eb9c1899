"""The leaderboard, how it is made, and everything it rests on."""

from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from listening.models import LeaderboardTable
from listening.selectors.better import shipped_trainings
from listening.selectors.boards import board_view, export_file
from listening.services.guards import CHECKS_NEEDED, LEAST_HEARD_SECONDS, MOST_FAILED
from musicgen.statistics.judgment.board import COLLECTING, PRELIMINARY
from musicgen.statistics.judgment.choosing import UNIFORM_UNTIL
from training.ranges import RangedFile

GROUPINGS: Final = {
    "checkpoint": _("Checkpoints"),
    "network": _("Networks"),
    "dataset": _("Datasets"),
    "representation": _("Representations"),
}
SELECTIONS: Final = {
    "standard": _("Everybody but those set apart"),
    "with_excluded": _("Those set apart, too"),
    "accounts_only": _("Only listeners with an account"),
    "accounts_with_excluded": _("With an account, those set apart, too"),
}
_TYPES: Final = {"json": "application/json", "csv": "text/csv; charset=utf-8"}


@require_safe
def leaderboard(request: HttpRequest) -> HttpResponse:
    """The table, by what is compared and whose verdicts count."""
    by = request.GET.get("by", "")
    of = request.GET.get("of", "")
    by = by if by in GROUPINGS else "network"
    of = of if of in SELECTIONS else "standard"
    table = LeaderboardTable.objects.filter(name=f"{by}/{of}").first()
    context: dict[str, Any] = {
        "by": by,
        "of": of,
        "groupings": GROUPINGS.items(),
        "selections": SELECTIONS.items(),
        "table": table,
        "board": board_view(table.content) if table else None,
        "collecting": COLLECTING,
        "preliminary": PRELIMINARY,
        "trainings": shipped_trainings(),
    }
    return render(request, "listening/leaderboard.html", context)


@require_safe
def method(request: HttpRequest) -> HttpResponse:
    """How verdicts are collected and what is made of them."""
    context = {
        "collecting": COLLECTING,
        "preliminary": PRELIMINARY,
        "least": LEAST_HEARD_SECONDS,
        "checks": CHECKS_NEEDED,
        "failed_percent": round(100 * MOST_FAILED),
        "uniform_until": UNIFORM_UNTIL,
    }
    return render(request, "listening/method.html", context)


@require_safe
def export(request: HttpRequest, name: str) -> HttpResponseBase:
    """One of the published files.

    Raises:
        Http404: there is no such file, or nothing was published yet.
    """
    path, digest = export_file(name)
    if path is None:
        raise Http404("Nothing has been published yet.")
    kind = _TYPES[name.rpartition(".")[2]]
    file = RangedFile(path, kind, digest, "public, no-cache", download_name=f"musicgen-{name}")
    return file.response(request)
