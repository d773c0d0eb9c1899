"""Workers that can be stopped in the middle of a job without losing it.

RQ's own forking worker waits for its job to end when it is told to stop, however long that
takes, and leaves the job running when it is killed. Here a stop is passed on to the job, which
gives its row back to the queue, and a job never outlives its worker.
"""

import ctypes
import os
import signal
from types import FrameType
from typing import Final

from django.db import connections
from rq import Queue, Worker
from rq.job import Job

from training.services import WorkInterruptedError
from training.services.worker import beating

_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h


class StoppableWorker(Worker):
    """Forks a process for each job, passes stops on to it, and takes it along when killed."""

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        """Fork without sharing a database connection, which two processes cannot use."""
        with beating:
            connections.close_all()
            super().fork_work_horse(job, queue)

    def setup_work_horse_signals(self) -> None:
        """In the job's process: SIGTERM interrupts the job, the worker's death ends it."""
        super().setup_work_horse_signals()  # type: ignore[no-untyped-call]
        signal.signal(signal.SIGTERM, _interrupt)
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != self.pid:  # the worker died before the leash was on
            os._exit(1)

    def handle_warm_shutdown_request(self) -> None:
        """Tell a running job that its worker is being stopped."""
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]
        if self.horse_pid:
            self.kill_horse(signal.SIGTERM)


def _interrupt(signal_number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # one interruption is enough; the job is tidying up
    raise WorkInterruptedError("The worker is being stopped.")
