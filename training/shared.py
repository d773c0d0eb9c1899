"""The data folder shared among machines that have no disk in common, through object storage.

On one machine the data folder is all there is, and nothing here does anything. Where settings name
an S3 bucket, each machine's data folder is a copy: what is finished is shared under its path below
the data folder, and fetched by whoever lacks it. A folder is there once its list is, which is
shared last, so that nobody sees half of one.
"""

import contextlib
import hashlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, storages

LIST_NAME: Final = ".shared.json"
_AT_ONCE: Final = 16  # small files: most of the time is waiting


class SharedFileError(OSError):
    """A file is neither here nor in the shared storage."""


def is_sharing() -> bool:
    """Whether there is a storage that machines share."""
    return not isinstance(storages["default"], FileSystemStorage)


def share(path: Path) -> None:
    """Give others a file, in the place of an older one."""
    if is_sharing():
        with path.open("rb") as content:
            storages["default"].save(_key(path), File(content))


def share_many(paths: Iterable[Path]) -> None:
    """Give others several files."""
    if is_sharing():
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(share, paths))


def share_folder(folder: Path) -> None:
    """Give others a folder with all that is in it, but for hidden files; its list comes last."""
    if not is_sharing():
        return
    names = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    known = _list_of(folder)
    hashes = {name: _hash_of(folder / name) for name in names}
    share_many(folder / name for name in names if known.get(name) != hashes[name])
    content = json.dumps(hashes, sort_keys=True).encode()
    with _beside(folder / LIST_NAME) as written:
        written.write_bytes(content)
        with written.open("rb") as file:
            storages["default"].save(_key(folder / LIST_NAME), File(file))
    for name in known.keys() - hashes.keys():
        storages["default"].delete(_key(folder / name))


def fetch(path: Path) -> Path:
    """Make sure that a file is here.

    Raises:
        SharedFileError: it is nowhere.
    """
    if path.is_file() or path.is_dir() or not is_sharing():
        return path
    return _download(path)


def here(path: Path, sha256: str = "") -> Path:
    """The same path, with the file that others shared there if there is one.

    Args:
        sha256: what its content should be; a file that is here and differs is fetched anew.
    """
    if not is_sharing() or path.is_dir():
        return path
    if path.is_file():
        status = path.stat()
        if not sha256 or _hash_at(path, status.st_mtime_ns, status.st_size) == sha256:
            return path
    with contextlib.suppress(SharedFileError):
        _download(path)
    return path


def fetch_many(paths: Iterable[Path]) -> None:
    """Make sure that several files are here."""
    if is_sharing():
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(fetch, paths))


def fetch_folder(folder: Path, *, newest: bool = False) -> Path:
    """Make sure that a folder is here, if others have it.

    Args:
        newest: replace files that differ from the shared ones; otherwise a folder that is here stays.
    """
    if not is_sharing() or (folder.is_dir() and not newest):
        return folder
    listed = _list_of(folder)
    wanted = [
        name
        for name, digest in listed.items()
        if not (folder / name).is_file() or _hash_of(folder / name) != digest
    ]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda name: _download(folder / name), wanted))
    return folder


def refresh(path: Path, seconds: float) -> None:
    """Fetch a file that others keep changing, at most every so many seconds."""
    if not is_sharing():
        return
    try:
        age = time.time() - path.stat().st_mtime
    except FileNotFoundError:
        age = seconds
    if age >= seconds:
        try:
            _download(path)
        except SharedFileError:
            return


def forget(folder: Path) -> None:
    """Remove a folder here and from the shared storage."""
    if is_sharing():
        for name in _list_of(folder):
            storages["default"].delete(_key(folder / name))
        storages["default"].delete(_key(folder / LIST_NAME))
    shutil.rmtree(folder, ignore_errors=True)


def _download(path: Path) -> Path:
    storage = storages["default"]
    path.parent.mkdir(parents=True, exist_ok=True)
    with _beside(path) as written:
        try:
            with storage.open(_key(path)) as content, written.open("wb") as file:
                shutil.copyfileobj(content, file, 1024**2)
                file.flush()
                os.fsync(file.fileno())
        except FileNotFoundError as error:
            raise SharedFileError(f"{_key(path)} is not in the shared storage.") from error
        written.replace(path)
    return path


class _beside:  # noqa: N801 a context manager
    """A name next to a file for writing it; nothing is left there at the end."""

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(f".{path.name}-{uuid.uuid4().hex}")

    def __enter__(self) -> Path:
        return self._path

    def __exit__(self, *error: object) -> None:
        self._path.unlink(missing_ok=True)


def _list_of(folder: Path) -> dict[str, str]:
    try:
        with storages["default"].open(_key(folder / LIST_NAME)) as file:
            content = json.loads(file.read())
    except FileNotFoundError:
        return {}
    return {str(name): str(digest) for name, digest in content.items()}


@lru_cache(maxsize=4096)
def _hash_at(path: Path, mtime_ns: int, size: int) -> str:
    """A file's hash, computed once for each time that it was written."""
    return _hash_of(path)


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _key(path: Path) -> str:
    return path.relative_to(settings.DATA_DIR).as_posix()
