"""What Linux says about processes, read from /proc, and how a family of them is ended.

Knows nothing of the site: only ids, parents and signals.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
_PROC = Path("/proc")


def adopt_orphans() -> None:
    """Make descendants whose own parent dies children of this process instead of init's.

    Without this a job that runs in a session of its own is out of reach once its worker is gone.

    Raises:
        OSError: The kernel has no subreapers (Linux older than 3.4, or not Linux).
    """
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def receive_on_parent_death(signum: signal.Signals) -> None:
    """Have the kernel send `signum` to this process when its parent dies.

    Raises:
        OSError: The kernel refuses.
    """
    _prctl(_PR_SET_PDEATHSIG, signum)


def _prctl(option: int, argument: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, argument, 0, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _parents() -> dict[int, int]:
    """Return the parent's id of every live process; zombies, which nothing can end, are left out."""
    parents = {}
    for entry in os.scandir(_PROC):
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                # "pid (name) state ppid …": the name may hold spaces and brackets itself
                state, ppid = (
                    Path(entry.path, "stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
                )
                if state not in "ZX":
                    parents[int(entry.name)] = int(ppid)
    return parents


def children(pid: int) -> set[int]:
    """Return the ids of the live children of `pid`."""
    return {child for child, parent in _parents().items() if parent == pid}


def descendants(pid: int) -> set[int]:
    """Return the ids of every live process below `pid`, whatever group or session it is in."""
    below = defaultdict(set)
    for child, parent in _parents().items():
        below[parent].add(child)
    found: set[int] = set()
    layer = set(below[pid])
    while layer:
        found |= layer
        layer = {child for parent in layer for child in below[parent]} - found
    return found


def send(pids: Iterable[int], signum: signal.Signals) -> None:
    """Send `signum` to each of `pids` that is still there."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signum)


def end_descendants(seconds: float) -> None:
    """End all that is below this process: SIGTERM, then SIGKILL after `seconds`."""
    send(descendants(os.getpid()), signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while left := descendants(os.getpid()):
        _reap()
        if time.monotonic() > deadline:
            send(left, signal.SIGKILL)
        time.sleep(0.02)
    _reap()


def _reap() -> None:
    """Take the exit codes of children that ended, so that they do not stay as zombies."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0] != 0:
            pass


def end_marked(name: str, value: str, seconds: float) -> int:
    """End every process that was started with `name`=`value` in its environment, this one's line excepted.

    Finds what an earlier supervisor, killed together with its keeper, could not take along.

    Args:
        name: The environment variable.
        value: What it must hold exactly.
        seconds: How long after SIGTERM SIGKILL follows.

    Returns:
        How many processes were found.
    """
    found = _marked(name, value)
    send(found, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while left := _marked(name, value) & found:
        if time.monotonic() > deadline:
            send(left, signal.SIGKILL)
        time.sleep(0.05)
    return len(found)


def _marked(name: str, value: str) -> set[int]:
    parents = _parents()
    mine = {pid := os.getpid()}
    while pid := parents.get(pid, 0):
        mine.add(pid)
    wanted = f"{name}={value}".encode()
    found = set()
    for pid in parents.keys() - mine:
        with contextlib.suppress(OSError):
            if wanted in (_PROC / str(pid) / "environ").read_bytes().split(b"\0"):
                found.add(pid)
    return found
