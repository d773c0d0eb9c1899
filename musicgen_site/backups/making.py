"""Making a backup of a running site.

The database is copied first and the files after it. A file is on the disk before its row is (see
docs/architecture.md), so every row of the copy has its files, unless somebody deleted them meanwhile:
those are named in the manifest.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from django.db import connection

from musicgen_site.backups.database import database_copy, last_migrations
from musicgen_site.backups.manifest import (
    KEPT_FILES,
    KEPT_FOLDERS,
    MANIFEST_NAME,
    BackupError,
    KeptFile,
    Manifest,
)


class _Hashed:
    """A file that is read once, hashed on the way, and never past the size that was announced."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._left = size
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """The next bytes. A file that became shorter is filled up, so that the archive stays whole."""
        wanted = self._left if size < 0 else min(size, self._left)
        data = self._file.read(wanted)
        data += b"\0" * (wanted - len(data))
        self._left -= len(data)
        self._digest.update(data)
        return data

    def hexdigest(self) -> str:
        """SHA-256 of what was read."""
        return self._digest.hexdigest()


def backup_make(
    data_dir: Path, target: Path, *, on_progress: Callable[[int, str], None] | None = None
) -> Manifest:
    """Write a backup of the site beside its place, sync it, and give it its name.

    Args:
        data_dir: the site's data folder.
        target: a .tar file that does not exist yet.
        on_progress: told how many bytes are written, and of which file.

    Raises:
        BackupError: the target exists, or the database cannot be copied.
    """
    if target.exists():
        raise BackupError(f"{target} exists; name another file.")
    manifest = Manifest(
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        database=connection.vendor,
        migrations=last_migrations(),
    )
    part = target.with_name(f".{target.name}.part")
    try:
        with part.open("wb") as file:
            os.fchmod(file.fileno(), 0o600)  # it holds the key that signs cookies
            # Dereferenced: a file that is linked into two folders (a run's weights, its checkpoint's) is
            # written twice, not as a link, which nobody may put into a backup.
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT, dereference=True) as archive:
                for name, path in _contents(data_dir):
                    _add(archive, manifest, name, path)
                    if on_progress is not None:
                        on_progress(file.tell(), name)
                _add_bytes(archive, MANIFEST_NAME, manifest.to_bytes())
            file.flush()
            os.fsync(file.fileno())
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
    return manifest


def _contents(data_dir: Path) -> Iterator[tuple[str, Path]]:
    """Name in the archive and path of everything that is kept, the database first."""
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=data_dir) as scratch:
        copy = database_copy(Path(scratch))
        yield copy.name, copy
    for name in KEPT_FILES:
        if (data_dir / name).is_file():
            yield name, data_dir / name
    for folder in KEPT_FOLDERS:
        for path in sorted((data_dir / folder).rglob("*")):
            parts = path.relative_to(data_dir).parts
            is_whole = not any(part.startswith(".") for part in parts)
            if is_whole and not _is_laid_out(parts) and path.is_file() and not path.is_symlink():
                yield "/".join(parts), path


def _is_laid_out(parts: tuple[str, ...]) -> bool:
    """Whether it is of a dataset's version laid out for preparing: links, made again when they are needed."""
    return parts[0] == "datasets" and parts[2:3] == ("versions",)


def _add(archive: tarfile.TarFile, manifest: Manifest, name: str, path: Path) -> None:
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(path.open("rb"))
        except FileNotFoundError:
            manifest.gone.append(name)
            return
        info = archive.gettarinfo(arcname=name, fileobj=file)
        hashed = _Hashed(file, info.size)
        archive.addfile(info, hashed)
        manifest.files[name] = KeptFile(info.size, hashed.hexdigest())


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))
