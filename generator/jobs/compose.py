"""Composing one take, its notes heard while they come. TensorFlow is loaded with the first, not before."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from django.utils import timezone
from redis.exceptions import RedisError

from generator.jobs.reproduce import reproduced
from generator.live import live_begin, live_put
from generator.models import ComposeRequest, Reproduction, somebody_waits, waiting_turns
from generator.recipes import recipe_of
from generator.selectors import note_rows
from generator.services import song_compose
from musicgen.learning import CheckpointError
from musicgen.midi import MidiError, write_midi
from musicgen.sampling.prompts import PromptError
from musicgen.sampling.recipe import RecipeError
from musicgen.sampling.settings import SamplingSettingsError
from musicgen.statistics import song_statistics
from training.services import (
    WorkCancelledError,
    WorkFailedError,
    WorkInterruptedError,
    work_report,
    work_run,
)

logger = logging.getLogger(__name__)

_REPORT_SECONDS: Final = 0.25  # between words to the database about how far it is
_TURNS: Final = 5  # takes tried for, where other workers are quicker


def compose_song(request_id: int) -> None:
    """A turn at composing: for whoever's turn it is, which need not be the one that asked for it.

    There are as many turns on the queue as there are rows that wait; which is next is decided
    now, fairly among listeners. Done twice, it makes one song.
    """
    _take_turn()


def reproduce_song(reproduction_id: int) -> None:
    """The same turn: a song that is composed again waits among the takes."""
    _take_turn()


def _take_turn() -> None:
    for _ in range(_TURNS):
        turns = waiting_turns()
        if not turns:
            return
        turn = turns[0]
        if turn.model is Reproduction:
            is_mine = work_run(Reproduction, turn.pk, reproduced)
        else:
            is_mine = work_run(ComposeRequest, turn.pk, _compose)
        if is_mine:
            return


def _compose(row: ComposeRequest, stop: threading.Event) -> dict[str, Any] | None:
    if row.song_id is not None:
        return None  # made by a runner that died before it could say so
    live = _Live(row)
    live.begin()
    try:
        return _composed(row, stop, live)
    except (CheckpointError, MidiError, PromptError, RecipeError, SamplingSettingsError) as error:
        hint = " Choose another checkpoint." if isinstance(error, CheckpointError) else ""
        raise WorkFailedError(f"{error}{hint}") from error
    except OSError as error:
        raise WorkFailedError(f"The file to begin from cannot be read: {error}. Begin anew.") from error
    finally:
        live.end()


def _composed(row: ComposeRequest, stop: threading.Event, live: "_Live") -> dict[str, Any] | None:
    from generator.composers import WARM_COMPOSERS  # loads TensorFlow

    recipe = recipe_of(row, program=row.program)
    composer = WARM_COMPOSERS.get(row.checkpoint)
    stopping = _Stopping(row, stop)
    composition = None
    for chunk in composer.stream(recipe.settings, prompt=recipe.music(), should_stop=stopping):
        live.notes(chunk.notes, progress=chunk.progress, is_new=chunk.restarted, program=recipe.program)
        composition = chunk.composition or composition
    if stopping.gives_way:
        raise WorkInterruptedError(f"{row.job_id} lets a listener go first.")
    if stop.is_set() or composition is None:
        raise WorkCancelledError(f"{row.job_id} was asked to stop.")
    song_compose(
        request=row,
        midi=write_midi(composition.score),
        seconds=composition.seconds,
        note_count=composition.note_count,
        statistics=song_statistics(composition.score).to_json(),
        flaw=composition.stuck_reason or "",
        stopped_after=stopping.kept_after,
    )
    return None


class _Stopping:
    """Whether to go on: asked by the composer after each stretch of music.

    Attributes:
        kept_after: how often it had been asked when somebody wanted to keep what there is.
        gives_way: a listener waits, and this is a song that the site itself asked for.
    """

    def __init__(self, row: ComposeRequest, stop: threading.Event) -> None:
        self.kept_after: int | None = None
        self.gives_way = False
        self._row = row
        self._stop = stop
        self._asked = 0

    def __call__(self) -> bool:
        self._asked += 1
        if self._stop.is_set() or self.gives_way or self.kept_after is not None:
            return True
        asked = ComposeRequest.objects.filter(pk=self._row.pk)
        is_cancelled, is_kept = asked.values_list("cancel_requested", "keep_requested").get()
        if is_cancelled:
            self._stop.set()
        elif is_kept:
            self.kept_after = self._asked
        else:
            self.gives_way = self._row.listener_id is None and somebody_waits()
        return is_cancelled or is_kept or self.gives_way


class _Live:
    """Tells listeners and the row how far it is. A Redis that is away costs liveliness alone."""

    def __init__(self, row: ComposeRequest) -> None:
        self._row = row
        self._reported_at = 0.0
        self._heard = False

    def begin(self) -> None:
        self._tell(live_begin, {"length": self._row.length_seconds})

    def notes(self, notes: Iterable[Any], *, progress: float, is_new: bool, program: int | None) -> None:
        """Hand on what has become final.

        Raises:
            WorkCancelledError, WorkSupersededError: see `work_report`.
        """
        if is_new:
            self.begin()
        rows = note_rows(notes, program)
        if rows:
            self._put("notes", {"notes": rows, "progress": round(progress, 4)})
        first = {} if self._heard or not rows else {"first_notes_at": timezone.now()}
        now = time.monotonic()
        if first or now - self._reported_at >= _REPORT_SECONDS:
            self._heard = self._heard or bool(rows)
            self._reported_at = now
            work_report(row=self._row, progress=progress, **first)

    def end(self) -> None:
        self._put("end", {})

    def _put(self, kind: str, content: Mapping[str, Any]) -> None:
        self._tell(lambda pk, said: live_put(pk, kind, said), content)

    def _tell(self, tell: Callable[[int, Mapping[str, Any]], None], content: Mapping[str, Any]) -> None:
        try:
            tell(self._row.pk, content)
        except RedisError as error:
            logger.warning("%s is composed unheard: %s", self._row.job_id, error)
