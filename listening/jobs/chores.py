"""The chores: work of which there is one of each kind."""

import threading
from collections.abc import Callable
from typing import Any, Final

from listening.models import Chore, ChoreKind
from listening.services.chores import leaderboard_news
from training.models import Dataset
from training.services import WorkFailedError, work_report, work_run
from training.services.dataset import CHORALES


def chore_do(chore_id: int) -> None:
    """Do it; done twice, it changes nothing more."""
    work_run(Chore, chore_id, _do)


def _do(row: Chore, stop: threading.Event) -> dict[str, Any] | None:
    return _BODIES[ChoreKind(row.kind)](row)


def _anchors(row: Chore) -> dict[str, Any] | None:
    from listening.services.anchors import anchors_create
    from musicgen.midi import MidiError

    dataset = Dataset.objects.filter(bundled=CHORALES).first()
    if dataset is None:
        raise WorkFailedError("There is no bundled dataset to take real music from.")
    try:
        anchors_create(dataset=dataset)
    except (MidiError, OSError) as error:
        raise WorkFailedError(f"A piece of {dataset} cannot be read: {error}") from error
    return None


def _leaderboard(row: Chore) -> dict[str, Any] | None:
    from listening.services.leaderboard import leaderboards_compute

    seen = leaderboard_news()  # before: what comes meanwhile is news again
    leaderboards_compute(report=lambda share: work_report(row=row, progress=share))
    return {"seen": seen}


_BODIES: Final[dict[ChoreKind, Callable[[Chore], dict[str, Any] | None]]] = {
    ChoreKind.ANCHORS: _anchors,
    ChoreKind.LEADERBOARD: _leaderboard,
}
