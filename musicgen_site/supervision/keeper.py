"""The process that outlives the supervisor: whatever ends it, nothing that it started stays behind.

`keep` splits the calling process in two. The child does the work in a session of its own, so that a
terminal's Ctrl-C reaches it once and only through here. The parent passes signals on, adopts what the child
leaves behind and ends that. Each half is told by the kernel when the other is killed.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Final

from musicgen_site.supervision.processes import adopt_orphans, end_descendants, receive_on_parent_death

STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LEFTOVER_SECONDS: Final = 15.0  # a training that must save its checkpoint gets so long after SIGTERM
_PATIENCE: Final = 3  # the signal that ends even a supervisor that no longer listens


def keep(work: Callable[[], int]) -> int:
    """Run `work` in a child process and end everything that it leaves behind.

    Args:
        work: Does what is to be done and returns its exit code; must react to SIGTERM, SIGINT and SIGHUP.
            The second such signal asks it to end at once; the third kills it.

    Returns:
        The exit code of `work`; 128 + signal where a signal ended it.

    Raises:
        OSError: The kernel cannot do this (not Linux).
    """
    adopt_orphans()
    sys.stdout.flush()
    sys.stderr.flush()
    keeper_pid = os.getpid()
    # Held back until the handlers stand, so that an early Ctrl-C is neither lost nor fatal to one half.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    pid = os.fork()
    if pid == 0:
        _work_as_child(work, keeper_pid)
    received = 0

    def pass_on(signum: int, _frame: FrameType | None) -> None:
        nonlocal received
        received += 1
        os.kill(pid, signal.SIGKILL if received >= _PATIENCE else signum)

    before = [signal.signal(signum, pass_on) for signum in STOP_SIGNALS]
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    try:
        # WNOWAIT: as a zombie the child keeps its id, so that no signal is passed on to a stranger
        while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)) and ended.si_pid != pid:
            os.waitpid(ended.si_pid, 0)
    finally:
        for signum, handler in zip(STOP_SIGNALS, before, strict=True):
            signal.signal(signum, handler)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    end_descendants(_LEFTOVER_SECONDS)
    return code if code >= 0 else 128 - code


def _work_as_child(work: Callable[[], int], keeper_pid: int) -> None:
    """Be the child half of `keep`; never returns."""
    code = 1
    try:
        os.setsid()
        receive_on_parent_death(signal.SIGTERM)
        if os.getppid() == keeper_pid:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
            code = work()
    except KeyboardInterrupt:
        code = 130
    except BaseException:  # noqa: BLE001 the child must reach os._exit: the stack above is the parent's
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
