"""Reads strangers' MIDI files in a process of its own: one that crashes or stalls it costs only itself.

Imports no Django: the reading process starts fresh and must not know the site.
"""

import contextlib
import ctypes
import hashlib
import multiprocessing
import os
import resource
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from musicgen.corpus.examining import Examined, examine
from musicgen.corpus.patience import Turn
from musicgen.midi import DEFAULT_LIMITS

FILE_SECONDS: Final = 20.0  # of the processor; the largest file allowed takes well under one
START_SECONDS: Final = 60.0  # for a new process on a busy machine, once
MEMORY_BYTES: Final = 2 * 1024**3  # beyond what an idle reader has; 100,000 notes need a few hundred MiB
_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h


def read(data: bytes) -> Examined:
    """Examine a file in this process."""
    return examine("", data, DEFAULT_LIMITS)


def _refused(data: bytes, reason: str) -> Examined:
    return Examined("", hashlib.sha256(data).hexdigest(), reason, "crashed")


class ReaderUnavailableError(RuntimeError):
    """The reading process does not start: a fault of this machine, not of any file."""


class GuardedReader:
    """Reads files in a child process, which is replaced when a file kills or stalls it.

    Args:
        file_seconds: longer than this no file may take.
        read_file: what the child does with a file's bytes.
    """

    def __init__(
        self, file_seconds: float = FILE_SECONDS, read_file: Callable[[bytes], Examined] = read
    ) -> None:
        self._file_seconds = file_seconds
        self._read_file = read_file
        self._child: tuple[SpawnProcess, Connection] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def read(self, data: bytes) -> Examined:
        """Read a file, whatever it does to its reader.

        Raises:
            ReaderUnavailableError: there is no reader, for this file or any other.
        """
        process, connection = self._child or self._start()
        turn = Turn(process.pid or 0)
        try:
            connection.send_bytes(data)
            while not connection.poll(self._file_seconds):
                if turn.is_starved(self._file_seconds):
                    continue
                self._end()
                return _refused(data, f"Reading it took longer than {self._file_seconds:g} seconds.")
            found = connection.recv()
        except (EOFError, OSError):
            self._end()
            return _refused(data, "Reading it crashed the reader; the file is damaged or made to do harm.")
        return found if isinstance(found, Examined) else _refused(data, str(found))

    def _start(self) -> tuple[SpawnProcess, Connection]:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, os.getpid(), self._read_file), daemon=True)
        process.start()
        theirs.close()
        self._child = (process, ours)
        try:
            is_ready = ours.poll(START_SECONDS) and ours.recv()
        except (EOFError, OSError):
            is_ready = False
        if not is_ready:
            self._end()
            raise ReaderUnavailableError("The process that reads MIDI files did not start.")
        return process, ours

    def _end(self) -> None:
        if self._child is None:
            return
        process, connection = self._child
        self._child = None
        connection.close()
        process.kill()
        process.join()


def _serve(connection: Connection, parent_pid: int, read_file: Callable[[bytes], Examined]) -> None:
    """The child: read what comes until there is nobody to read for."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:
        return
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # meant for the job, which ends this process itself
    idle_pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = idle_pages * resource.getpagesize() + MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    connection.send(True)
    with contextlib.suppress(EOFError):
        while True:
            data = connection.recv_bytes()
            try:
                connection.send(read_file(data))
            except MemoryError:
                connection.send("Reading it took more memory than a file may take.")
