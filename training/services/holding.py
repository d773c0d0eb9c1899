"""Proof that a runner is alive: a locked file named after its claim.

A sign of life with a time on it is late when the machine is busy, and a runner that only has no turn
is taken for dead. The system's own lock is neither: it is there as long as the process is, however it ends.
It is seen by whoever shares the data folder; on other machines the time of the last sign has to do.
"""

import contextlib
import enum
import fcntl
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.conf import settings

_FOLDER: Final = "claims"
# Record locks belong to a process and are not handed down to those it forks; but closing any descriptor
# of the file gives them up, so a process never opens the files of its own claims again.
_held: dict[uuid.UUID, int] = {}


class Holder(enum.Enum):
    """What is known of whoever has a claim."""

    ALIVE = enum.auto()
    DEAD = enum.auto()
    UNKNOWN = enum.auto()  # works on another machine, or could not write the file


@contextlib.contextmanager
def held(claim: uuid.UUID | None) -> Iterator[None]:
    """Hold the claim's lock for the length of the block, if that can be."""
    descriptor = _lock(claim) if claim else None
    if claim is None or descriptor is None:
        yield
        return
    _held[claim] = descriptor
    try:
        yield
    finally:
        forget(claim)
        del _held[claim]
        os.close(descriptor)


def holder_of(claim: uuid.UUID | None) -> Holder:
    """Whether the claim's runner is alive."""
    if claim is None:
        return Holder.UNKNOWN
    if claim in _held:
        return Holder.ALIVE
    try:
        descriptor = os.open(_path(claim), os.O_RDWR)
    except OSError:
        return Holder.UNKNOWN
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return Holder.ALIVE
    finally:
        os.close(descriptor)
    return Holder.DEAD


def forget(claim: uuid.UUID | None) -> None:
    """Remove the file of a claim that nobody has any more."""
    if claim is not None:
        with contextlib.suppress(OSError):
            _path(claim).unlink(missing_ok=True)


def _lock(claim: uuid.UUID) -> int | None:
    path = _path(claim)
    part = path.with_name(f".{claim}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        part.rename(path)  # locked before it can be found
    except OSError:  # a full disk, or a file system without locks: signs of life have to do
        return None
    return descriptor


def _path(claim: uuid.UUID) -> Path:
    return Path(settings.DATA_DIR, _FOLDER, str(claim))
