"""How a row of work is queued, claimed, kept alive, ended, and found again when its runner died.

A runner claims its row by a conditional UPDATE and writes only while the claim is still its
own, so that a job delivered twice, or a runner thought dead that comes back, changes nothing.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from django.apps import apps
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.utils import timezone
from redis.exceptions import RedisError
from rq.timeouts import JobTimeoutException

from training import queues
from training.models.work import Work, WorkState, new_claim
from training.services.holding import Holder, forget, held, holder_of

logger = logging.getLogger(__name__)

W = TypeVar("W", bound=Work)

HEARTBEAT_SECONDS: Final = 3.0  # between signs of life of a running row
# Without a sign of life for so long a runner is given up: one of whom nothing else is known (it works on
# another machine), and one that is seen to be alive, but must hang. One that is seen to be dead is at once.
STALE_SECONDS: Final = 60.0
HUNG_SECONDS: Final = 900.0
LOST_SECONDS: Final = 10.0  # a waiting row that Redis has not heard of for this long is put back


class WorkSupersededError(Exception):
    """The row is no longer this runner's: it was given to another, ended or deleted."""


class WorkCancelledError(Exception):
    """Somebody asked for the row to stop."""


class WorkFailedError(Exception):
    """The work cannot be done; the message says why, to a person, and what to do."""


class WorkInterruptedError(Exception):
    """The worker is being stopped; the row waits for the next one."""


def work_enqueue(*, row: Work) -> None:
    """Put the row's job on its queue once the transaction is committed.

    A Redis that is away is no error here: the row waits, and the reaper enqueues it later.
    """
    arguments: dict[str, Any] = {
        "queue": row.queue_name,
        "function": row.job,
        "job_id": row.job_id,
        "argument": row.pk,
        "timeout_seconds": row.timeout_seconds,
    }

    def put() -> None:
        try:
            queues.put(**arguments)
        except RedisError as error:
            logger.warning("%s stays in the database until Redis is back: %s", arguments["job_id"], error)

    transaction.on_commit(put)


def work_claim(model: type[W], row_id: int) -> W | None:
    """Take a waiting row for this runner, or None if there is nothing to take."""
    now = timezone.now()
    claim = new_claim()
    rows = model._default_manager.filter(pk=row_id, state=WorkState.QUEUED)
    row: Any = rows.first()
    if row is None:
        return None
    taken = rows.filter(attempts=row.attempts).update(
        state=WorkState.RUNNING,
        claim=claim,
        attempts=row.attempts + 1,
        started_at=now,
        heartbeat_at=now,
        reason="",
    )
    if not taken:
        return None
    row.refresh_from_db()
    claimed: W = row
    return claimed


def work_report(*, row: Work, **fields: Any) -> None:
    """Write progress (or any other field) of a row that this runner holds; a sign of life.

    Raises:
        WorkSupersededError: the row has another runner now, or none.
        WorkCancelledError: somebody asked it to stop.
    """
    mine = type(row)._default_manager.filter(pk=row.pk, claim=row.claim, state=WorkState.RUNNING)
    if not mine.update(heartbeat_at=timezone.now(), **fields):
        raise WorkSupersededError(f"{row.job_id} is no longer this runner's.")
    for name, value in fields.items():
        setattr(row, name, value)
    if mine.filter(cancel_requested=True).exists():
        raise WorkCancelledError(f"{row.job_id} was asked to stop.")


def work_end(*, row: Work, state: WorkState, **fields: Any) -> bool:
    """End a row that this runner holds. Returns whether it still held it."""
    ended = type(row)._default_manager.filter(pk=row.pk, claim=row.claim, state=WorkState.RUNNING)
    now = timezone.now()
    done = bool(ended.update(state=state, ended_at=now, heartbeat_at=now, claim=None, **fields))
    if done:
        row.refresh_from_db()
    return done


def work_release(*, row: Work) -> bool:
    """Give back a row that this runner holds, for another to take. Returns whether it still held it."""
    mine = type(row)._default_manager.filter(pk=row.pk, claim=row.claim, state=WorkState.RUNNING)
    given_back = bool(mine.update(state=WorkState.QUEUED, claim=None))
    if given_back:
        row.refresh_from_db()
        work_enqueue(row=row)
    return given_back


def work_request_cancel(*, row: Work) -> None:
    """Ask for the row to stop: at once if it waits, at its next sign of life if it runs."""
    rows = type(row)._default_manager.filter(pk=row.pk)
    now = timezone.now()
    waiting = rows.filter(state=WorkState.QUEUED)
    if not waiting.update(state=WorkState.CANCELLED, ended_at=now, cancel_requested=True):
        rows.filter(state=WorkState.RUNNING).update(cancel_requested=True)
    row.refresh_from_db()


@transaction.atomic
def work_requeue(*, row: Work, **fields: Any) -> bool:
    """Make an ended row wait again. Returns whether it did.

    The attempts go on counting, so that the new job's name differs from the old one's.
    """
    ended = (
        type(row)._default_manager.filter(pk=row.pk).exclude(state__in=(WorkState.QUEUED, WorkState.RUNNING))
    )
    changed = ended.update(
        state=WorkState.QUEUED,
        deaths=0,
        cancel_requested=False,
        claim=None,
        reason="",
        queued_at=timezone.now(),
        ended_at=None,
        **fields,
    )
    row.refresh_from_db()
    if changed:
        work_enqueue(row=row)
    return bool(changed)


@contextmanager
def heartbeat(row: Work) -> Iterator[threading.Event]:
    """Signs of life from a thread while the work goes on.

    Yields:
        An event that is set when the row is no longer this runner's or should stop.
    """
    done = threading.Event()
    lost = threading.Event()

    def beat() -> None:
        while not done.wait(HEARTBEAT_SECONDS):
            try:
                work_report(row=row)
            except WorkSupersededError:
                lost.set()
                break
            except WorkCancelledError:  # goes on beating: to stop well may take a while
                lost.set()
            except DatabaseError:  # busy or away for a moment; the next beat tries again
                logger.warning("%s: a sign of life was not written", row.job_id, exc_info=True)
            finally:
                close_old_connections()
        connection.close()

    thread = threading.Thread(target=beat, name=f"heartbeat-{row.job_id}", daemon=True)
    thread.start()
    try:
        yield lost
    finally:
        done.set()
        thread.join(timeout=HEARTBEAT_SECONDS * 2)


def work_run(
    model: type[W], row_id: int, body: Callable[[W, threading.Event], dict[str, Any] | None]
) -> bool:
    """Claim the row, do the body under a heartbeat, and write how it ended.

    Args:
        body: called with the row and an event that says "stop"; returns fields to write with
            the end. It raises `WorkFailedError` with a reason for a person,
            `WorkCancelledError` when it stopped as asked, `WorkInterruptedError` when the worker
            is being stopped; anything else is a fault of ours.

    Returns:
        Whether the row could be claimed.
    """
    row = work_claim(model, row_id)
    if row is None:
        return False
    with held(row.claim):
        _run_claimed(row, body)
    return True


def _run_claimed(row: W, body: Callable[[W, threading.Event], dict[str, Any] | None]) -> None:
    try:
        with heartbeat(row) as stop:
            fields = body(row, stop)
    except WorkCancelledError:
        work_end(row=row, state=WorkState.CANCELLED, message="")
    except WorkSupersededError:
        logger.warning("%s went on elsewhere; what was done here is dropped.", row.job_id)
    except WorkInterruptedError:
        work_release(row=row)
    except WorkFailedError as failure:
        work_end(row=row, state=WorkState.FAILED, reason=str(failure), message="")
    except JobTimeoutException:
        minutes = row.timeout_seconds / 60
        reason = f"It took longer than the {minutes:g} minutes it may take. Ask for something smaller."
        work_end(row=row, state=WorkState.FAILED, reason=reason, message="")
    except Exception:
        logger.exception("%s failed", row.job_id)
        work_end(
            row=row,
            state=WorkState.FAILED,
            reason="Something went wrong on our side; the log names it. Try again, or tell the operator.",
            message="",
        )
        raise
    else:
        work_end(row=row, state=WorkState.FINISHED, progress=1.0, message="", **(fields or {}))


def work_models() -> list[type[Work]]:
    """Every concrete kind of work on this site."""
    return [model for model in apps.get_models() if issubclass(model, Work)]


def work_reap(*, now: datetime | None = None) -> int:
    """Return rows whose runner died, and rows that Redis forgot, to their queues.

    Returns:
        How many rows were put back or given up.
    """
    moment = now or timezone.now()
    # In this order: what is put back now may be taken before it is looked for among the waiting.
    return sum(_reap_lost(model, moment) + _reap_stale(model, moment) for model in work_models())


def _reap_stale(model: type[Work], now: datetime) -> int:
    """Rows whose runner is gone wait again; after the last attempt they fail."""
    count = 0
    for row in model._default_manager.filter(state=WorkState.RUNNING):
        if not _is_given_up(row, now):
            continue
        still = model._default_manager.filter(pk=row.pk, claim=row.claim, state=WorkState.RUNNING)
        if row.cancel_requested:
            taken = still.update(state=WorkState.CANCELLED, claim=None, ended_at=now)
        elif row.deaths + 1 >= model.max_deaths:
            reason = f"The worker died {row.deaths + 1} times while doing this. The worker's log says more."
            taken = still.update(state=WorkState.FAILED, claim=None, ended_at=now, reason=reason)
        else:
            taken = still.update(state=WorkState.QUEUED, claim=None, deaths=row.deaths + 1)
        if taken:
            forget(row.claim)
            count += 1
            row.refresh_from_db()
            logger.warning("%s lost its runner and is %s now.", row.job_id, row.state)
        if taken and row.state == WorkState.QUEUED:
            work_enqueue(row=row)
    return count


def _is_given_up(row: Work, now: datetime) -> bool:
    """Whether the runner is dead, or silent for so long that it is taken for dead."""
    holder = holder_of(row.claim)
    if holder is Holder.DEAD:
        return True
    patience = HUNG_SECONDS if holder is Holder.ALIVE else STALE_SECONDS
    return row.heartbeat_at is None or row.heartbeat_at < now - timedelta(seconds=patience)


def _reap_lost(model: type[Work], now: datetime) -> int:
    """Waiting rows that are not in Redis are put there."""
    waiting = model._default_manager.filter(
        state=WorkState.QUEUED, queued_at__lt=now - timedelta(seconds=LOST_SECONDS)
    ).order_by("queued_at")
    if not waiting.exists():
        return 0
    known = set().union(*(queues.waiting_ids(name) for name in model.queue_names()))
    lost = [row for row in waiting if row.job_id not in known]
    for row in lost:
        work_enqueue(row=row)
    return len(lost)
