"""What must hold on this machine before the site's processes may start.

One owner of the data folder, a free port, a database of today's shape, and the static files gathered.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connections


class StartupError(Exception):
    """The site cannot start on this machine as it is set up; the message says what to change."""


@contextlib.contextmanager
def data_folder_owned(folder: Path) -> Iterator[None]:
    """Hold `folder` for this process and those forked from it, for the length of the block.

    Raises:
        StartupError: It cannot be written, or another `manage.py up` holds it.
    """
    path = folder / "up.lock"
    try:
        lock = path.open("a+")
    except OSError as error:
        raise StartupError(
            f"the data folder {folder} cannot be written ({error.strerror}): "
            "set MUSICGEN_DATA_DIR to a folder of yours"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            owner = lock.read().strip()
            raise StartupError(
                f"the data folder {folder} is in use by another `manage.py up` (process {owner}): "
                "stop that one, or set MUSICGEN_DATA_DIR to another folder"
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def check_port_is_free(host: str, port: int) -> None:
    """Check that a server can listen at `host` and `port`.

    Raises:
        StartupError: It cannot.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, OverflowError) as error:
        raise StartupError(
            f"{host}:{port} is no address to listen at: correct MUSICGEN_HOST or MUSICGEN_PORT"
        ) from error
    with socket.socket(family, kind) as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # as the server does: a closing one is no clash
        try:
            probe.bind(address)
        except OSError as error:
            reason = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
            raise StartupError(f"port {port} at {host} {reason}: set MUSICGEN_PORT to a free one") from error


def database_migrate() -> None:
    """Bring the database to the shape that this code expects."""
    call_command("migrate", interactive=False, verbosity=0)
    connections.close_all()


def demo_begin() -> None:
    """Make known what comes with the project, so that even the very first page can offer it."""
    call_command("loaddemo", begin=True)
    connections.close_all()


def static_files_gather() -> bool:
    """Gather the static files for serving if any changed since the last time; return whether it did."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            digest.update(f"{path} {storage.size(path)} {storage.get_modified_time(path)}\n".encode())
    stamp = Path(settings.STATIC_ROOT) / ".gathered"
    wanted = digest.hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return False
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(wanted)
    return True
