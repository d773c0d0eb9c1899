"""Work shared over processes of their own, in which a crash or a stall costs one item only.

Items are handed out as workers ask for them and results come as they are ready, so that memory
holds a few of them, however many there are.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import resource
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Final, Generic, TypeVar

from musicgen.corpus.patience import Turn

ITEM_SECONDS: Final = 60.0  # the largest file allowed takes a second or two of the processor
START_SECONDS: Final = 120.0  # for a new process to load what it needs on a busy machine
MEMORY_BYTES: Final = 4 * 1024**3  # address space of a worker; 100,000 notes need a few hundred MiB
_BATCH: Final = 8  # items a worker gets at once, so that none waits for the next

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Failure:
    """An item that cost a worker its life; `reason` is for people."""

    reason: str


@dataclass(slots=True)
class _Worker(Generic[_Item]):
    process: BaseProcess
    connection: Connection
    turn: Turn
    items: deque[_Item] = field(default_factory=deque)
    deadline: float = 0.0


def worked(
    function: Callable[[_Item], _Result], items: Iterable[_Item], processes: int
) -> Iterator[tuple[_Item, _Result | Failure]]:
    """Every item and what the function made of it, in the order in which they are ready.

    Args:
        function: at the top of a module, so that another process can import it.
        items: asked for one by one, here.
        processes: 1 works in this process, unguarded.
    """
    if processes < 2:
        for item in items:
            yield item, function(item)
        return
    workforce = _Workforce(function, iter(items), processes)
    try:
        yield from workforce.results()
    finally:
        workforce.stop()


class _Workforce(Generic[_Item, _Result]):
    def __init__(self, function: Callable[[_Item], _Result], items: Iterator[_Item], processes: int) -> None:
        self._function = function
        self._items = items
        self._again: deque[_Item] = deque()  # from workers that died before they came to them
        self._workers: list[_Worker[_Item]] = [self._started() for _ in range(processes)]

    def results(self) -> Iterator[tuple[_Item, _Result | Failure]]:
        for worker in self._workers:
            self._hand_out(worker, START_SECONDS)
        while busy := [worker for worker in self._workers if worker.items]:
            patience = min(worker.deadline for worker in busy) - time.monotonic()
            ready = wait([worker.connection for worker in busy], max(0.0, patience))
            for worker in busy:
                if worker.connection in ready:
                    yield from self._received(worker)
                elif time.monotonic() > worker.deadline:
                    if worker.turn.is_starved(ITEM_SECONDS):
                        worker.deadline = time.monotonic() + ITEM_SECONDS
                        continue
                    yield from self._replaced(
                        worker, f"it took longer than {ITEM_SECONDS:.0f} seconds to read"
                    )

    def stop(self) -> None:
        for worker in self._workers:
            worker.process.kill()
            worker.process.join()
            worker.connection.close()

    def _started(self) -> _Worker[_Item]:
        # Spawned and not forked: a fork would inherit threads' locks, a GPU's state and open files.
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(self._function, theirs), daemon=True)
        process.start()
        theirs.close()
        return _Worker(process, ours, _turn_of(process))

    def _hand_out(self, worker: _Worker[_Item], patience: float = ITEM_SECONDS) -> None:
        while len(worker.items) < _BATCH:
            try:
                item = self._again.popleft() if self._again else next(self._items)
            except StopIteration:
                break
            worker.items.append(item)
        worker.deadline = time.monotonic() + patience
        worker.turn = _turn_of(worker.process)
        if worker.items:
            with contextlib.suppress(OSError):  # it is dead, which reading from it will tell
                worker.connection.send(list(worker.items))

    def _received(self, worker: _Worker[_Item]) -> Iterator[tuple[_Item, _Result | Failure]]:
        try:
            result: Any = worker.connection.recv()
        except (EOFError, OSError):
            yield from self._replaced(worker, "it crashed the reader")
            return
        yield worker.items.popleft(), result
        worker.deadline = time.monotonic() + ITEM_SECONDS
        if not worker.items:
            self._hand_out(worker)

    def _replaced(self, worker: _Worker[_Item], reason: str) -> Iterator[tuple[_Item, _Result | Failure]]:
        """Blame the item that a dead or stalled worker was at, and give the others to a new one."""
        worker.process.kill()
        worker.process.join()
        worker.connection.close()
        blamed = worker.items.popleft()
        self._again.extend(worker.items)
        fresh = self._started()
        self._workers[self._workers.index(worker)] = fresh
        self._hand_out(fresh, START_SECONDS)
        yield blamed, Failure(reason)


def _turn_of(process: BaseProcess) -> Turn:
    assert process.pid is not None, "it was started"
    return Turn(process.pid)


def _work(function: Callable[[Any], Any], connection: Connection) -> None:
    """A worker's life: items in, results out, until its master is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the master to answer
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    with contextlib.suppress(EOFError, OSError):  # the master is gone
        while True:
            for item in connection.recv():
                try:
                    result = function(item)
                except MemoryError:
                    result = Failure("it needs more memory than a file may take")
                connection.send(result)
