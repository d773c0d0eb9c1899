"""Keeps parts running: starts, prefixes their lines, restarts what dies, stops all without leftovers.

One thread, one loop. It spawns in that thread only, because the kernel's parent-death signal is tied to the
thread that forked. Every child that is not a part was orphaned by one (a job whose worker was killed): it is
ended, and no part is started again before it is gone, so that no work runs twice.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from types import FrameType
from typing import Final, Self

from musicgen_site.supervision.child import Child
from musicgen_site.supervision.keeper import STOP_SIGNALS
from musicgen_site.supervision.output import PrefixedOutput
from musicgen_site.supervision.parts import BackOff, Part
from musicgen_site.supervision.processes import adopt_orphans, children, descendants, send

_LONGEST_TICK_SECONDS: Final = 0.25
_ORPHAN_SCAN_SECONDS: Final = 2.0  # reading /proc takes milliseconds: not at every tick
_OWN_NAME: Final = "up"


class StopAsked(Exception):  # noqa: N818 not an error: someone wants an end
    """A stop signal came inside `Supervisor.interruptible`."""


class _Kept:
    """One part, with the process that is it at the moment if there is one."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.child: Child | None = None
        self.deaths = 0
        self.restart_at: float | None = None


class Supervisor:
    """Runs parts until a stop signal. Use as a context manager, in the main thread.

    Args:
        output: Where the parts' lines and its own go.
        mark: An environment variable (name, value) given to every part, by which `end_marked` finds what
            was left if this process and its keeper are both killed.
        back_off: Pauses between restarts.
        orphan_seconds: How long an orphaned process may take after SIGTERM before it is killed.
    """

    def __init__(
        self,
        output: PrefixedOutput,
        *,
        mark: tuple[str, str],
        back_off: BackOff | None = None,
        orphan_seconds: float = 15.0,
    ) -> None:
        self._output = output
        self._mark = mark
        self._back_off = back_off or BackOff()
        self._orphan_seconds = orphan_seconds
        self._kept: list[_Kept] = []
        self._orphans: dict[int, float] = {}  # id -> when it is killed
        self._scan_at = 0.0
        self._stop_signals = 0
        self._stopping = False
        self._may_raise = False

    def __enter__(self) -> Self:
        adopt_orphans()
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        self._wake_write.setblocking(False)
        self._selector.register(self._wake_read, selectors.EVENT_READ)
        self._wake_before = signal.set_wakeup_fd(self._wake_write.fileno(), warn_on_full_buffer=False)
        self._handlers_before = {
            # does nothing itself, but without a handler the death of a child would not wake the loop
            signal.SIGCHLD: signal.signal(signal.SIGCHLD, lambda _signum, _frame: None),
            **{signum: signal.signal(signum, self._on_stop_signal) for signum in STOP_SIGNALS},
        }
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
        signal.set_wakeup_fd(self._wake_before)
        for signum, handler in self._handlers_before.items():
            signal.signal(signum, handler)
        self._selector.close()
        self._wake_read.close()
        self._wake_write.close()

    @property
    def stop_asked(self) -> bool:
        """Whether a stop signal came, or nobody reads the output any more."""
        return self._stop_signals > 0 or self._output.lost

    def say(self, text: str, *, strong: bool = False) -> None:
        """Write a line of the supervisor's own."""
        self._output.line(_OWN_NAME, text, strong=strong)

    def start(self, parts: Iterable[Part]) -> None:
        """Start each of `parts` and keep it running from now on."""
        for part in parts:
            kept = _Kept(part)
            self._kept.append(kept)
            self._spawn(kept)

    def run(self, until: Callable[[], bool] | None = None, *, seconds: float | None = None) -> bool:
        """Watch the parts until `until` holds, `seconds` passed, or a stop signal came.

        Args:
            until: Asked at every tick; must be quick. None waits for the stop signal.
            seconds: The longest to watch; None sets no limit.

        Returns:
            Whether `until` held.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        while not self.stop_asked:
            if until is not None and until():
                return True
            if deadline is not None and time.monotonic() > deadline:
                return False
            self._tick()
        return False

    @contextlib.contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let a stop signal end the block with `StopAsked` instead of waiting for the next `run`."""
        if self.stop_asked:
            raise StopAsked
        self._may_raise = True
        try:
            yield
        finally:
            self._may_raise = False

    def stop(self) -> None:
        """Stop all parts, highest stage first, and return when none of their processes is left."""
        self._stopping = True
        for kept in self._kept:
            kept.restart_at = None
        for stage in sorted({kept.part.stage for kept in self._kept}, reverse=True):
            leaving = [kept for kept in self._kept if kept.part.stage == stage]
            for kept in leaving:
                if kept.child is not None:
                    kept.child.ask_to_stop()
            while any(kept.child is not None for kept in leaving) or self._has_orphans():
                self._tick()
        if self._kept:
            self.say("everything has stopped")
        self._kept.clear()
        self._stopping = False

    def _on_stop_signal(self, _signum: int, _frame: FrameType | None) -> None:
        self._stop_signals += 1
        if self._may_raise:
            self._may_raise = False
            raise StopAsked

    def _spawn(self, kept: _Kept) -> None:
        name, value = self._mark
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", **kept.part.environment, name: value}
        kept.restart_at = None
        kept.child = Child(kept.part, environment)
        self._selector.register(kept.child, selectors.EVENT_READ, kept.child)

    def _tick(self) -> None:
        """Wait for the next thing to happen, at most a moment, and do what it asks for."""
        for key, _ in self._selector.select(self._tick_seconds()):
            if isinstance(key.data, Child):
                lines, more = key.data.read()
                self._write(key.data, lines)
                if not more:
                    self._selector.unregister(key.data)
            else:
                with contextlib.suppress(BlockingIOError):
                    self._wake_read.recv(4096)
        if self._stop_signals > 1:  # asked a second time: at once
            send(descendants(os.getpid()), signal.SIGKILL)
        self._reap()
        self._end_orphans()
        now = time.monotonic()
        for kept in self._kept:
            if kept.child is not None and kept.child.kill_at is not None and now > kept.child.kill_at:
                self.say(f"{kept.part.name} did not stop within {kept.part.stop_seconds:g} s: killing it")
                kept.child.kill_at = None
                send([kept.child.pid], signal.SIGKILL)
            if kept.restart_at is not None and now >= kept.restart_at and not self._orphans:
                self._spawn(kept)

    def _tick_seconds(self) -> float:
        due = [kept.restart_at for kept in self._kept if kept.restart_at is not None]
        return max(0.01, min([_LONGEST_TICK_SECONDS, *(at - time.monotonic() for at in due)]))

    def _write(self, child: Child, lines: list[str]) -> None:
        for line in lines:
            self._output.line(child.part.name, line)

    def _reap(self) -> None:
        """Take every exit code that is there, and see to the parts that ended."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                self._orphans.pop(pid, None)
                self._scan_at = 0.0  # who ends may leave children behind
                for kept in self._kept:
                    if kept.child is not None and kept.child.pid == pid:
                        self._on_end(kept, kept.child, os.waitstatus_to_exitcode(status))

    def _on_end(self, kept: _Kept, child: Child, code: int) -> None:
        kept.child = None
        with contextlib.suppress(KeyError):  # not there when its output ended before it did
            self._selector.unregister(child)
        self._write(child, child.close(code))
        if self._stopping or self.stop_asked or (kept.part.once and code == 0):
            return
        if time.monotonic() - child.started_at >= self._back_off.healthy_seconds:
            kept.deaths = 0
        kept.deaths += 1
        pause = self._back_off.pause(kept.deaths)
        kept.restart_at = time.monotonic() + pause
        how = f"ended with exit code {code}" if code >= 0 else f"was ended by {signal.Signals(-code).name}"
        self.say(f"{kept.part.name} {how}; it is started again in {pause:g} s", strong=True)

    def _has_orphans(self) -> bool:
        self._scan_at = 0.0
        self._end_orphans()
        return bool(self._orphans)

    def _end_orphans(self) -> None:
        """Find children that are no parts, ask them to end, and kill those that had their time."""
        now = time.monotonic()
        for pid, kill_at in self._orphans.items():
            if now > kill_at:
                send([pid, *descendants(pid)], signal.SIGKILL)
        if now < self._scan_at:
            return
        self._scan_at = now + _ORPHAN_SCAN_SECONDS
        parts = {kept.child.pid for kept in self._kept if kept.child is not None}
        for pid in children(os.getpid()) - parts - self._orphans.keys():
            self.say(f"ending process {pid}, left behind by a part that died")
            self._orphans[pid] = now + self._orphan_seconds
            send([pid, *descendants(pid)], signal.SIGTERM)
