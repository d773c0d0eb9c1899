"""Putting a backup back: into an empty data folder, every byte checked before anything is in its place."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader

from musicgen_site.backups.database import check_sqlite, database_put
from musicgen_site.backups.manifest import (
    KEPT_FILES,
    KEPT_FOLDERS,
    MANIFEST_NAME,
    MOST_MANIFEST_BYTES,
    POSTGRES_NAME,
    SQLITE_NAME,
    BackupError,
    KeptFile,
    Manifest,
)

_BLOCK = 2**20
_TOP = frozenset({*KEPT_FOLDERS, *KEPT_FILES, SQLITE_NAME, POSTGRES_NAME, MANIFEST_NAME})

Report = Callable[[int, str], None]


def backup_check(source: Path, *, on_progress: Report | None = None) -> Manifest:
    """Read a whole backup and compare every file with its hash; nothing is written.

    Raises:
        BackupError: it is damaged or no backup.
    """
    return _read(source, None, on_progress)


def backup_restore(source: Path, data_dir: Path, *, on_progress: Report | None = None) -> Manifest:
    """Put a backup back.

    Args:
        source: the .tar file.
        data_dir: a data folder that holds no site yet.

    Raises:
        BackupError: it is damaged, of a newer program, or there is a site already.
    """
    _check_is_empty(data_dir)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=data_dir) as scratch:
        folder = Path(scratch)
        manifest = _read(source, folder, on_progress)
        _check_migrations(manifest)
        if manifest.database != connection.vendor:
            raise BackupError(
                f"The backup holds a database of {manifest.database}, this site uses {connection.vendor}; "
                "set DATABASE_URL to one of the same kind."
            )
        if manifest.database == "sqlite":
            check_sqlite(folder / SQLITE_NAME)
        connections.close_all()
        for name in (*KEPT_FOLDERS, *KEPT_FILES):
            if (folder / name).exists():
                _move(folder / name, data_dir / name)
        # Last: with the database there is a site again.
        name = SQLITE_NAME if manifest.database == "sqlite" else POSTGRES_NAME
        database_put(folder / name, Path(connection.settings_dict["NAME"]))
    os.sync()
    return manifest


def _move(source: Path, target: Path) -> None:
    if target.is_dir() and not any(target.iterdir()):
        target.rmdir()
    if target.name in KEPT_FILES:
        target.unlink(missing_ok=True)  # a key that this very command made on its start
    shutil.move(source, target)


def _check_is_empty(data_dir: Path) -> None:
    there = [name for name in KEPT_FOLDERS if (data_dir / name).is_dir() and any((data_dir / name).iterdir())]
    is_sqlite = connection.vendor == "sqlite"
    if is_sqlite and Path(connection.settings_dict["NAME"]).exists():
        there.append(Path(connection.settings_dict["NAME"]).name)
    if there:
        raise BackupError(
            f"{data_dir} holds a site already ({', '.join(there)}); set MUSICGEN_DATA_DIR to an empty folder."
        )


def _check_migrations(manifest: Manifest) -> None:
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    unknown = sorted(f"{app}.{name}" for app, name in manifest.migrations.items() if (app, name) not in known)
    if unknown:
        raise BackupError(
            f"The backup is of a newer or another program: it has had {', '.join(unknown)}. Update this one."
        )


def _read(source: Path, target: Path | None, on_progress: Report | None) -> Manifest:
    found: dict[str, KeptFile] = {}
    manifest: Manifest | None = None
    with _opened(source) as archive:
        for info in archive:
            name = _checked_name(info)
            file = archive.extractfile(info)
            assert file is not None
            if name == MANIFEST_NAME:
                if info.size > MOST_MANIFEST_BYTES:
                    raise BackupError("The manifest of this backup is too large to be one.")
                manifest = Manifest.from_bytes(file.read())
                continue
            found[name] = _taken(file, info, None if target is None else target / name)
            if on_progress is not None:
                on_progress(archive.offset, name)
    if manifest is None:
        raise BackupError(f"{source} is no whole backup: its manifest is missing. Take an earlier one.")
    wrong = sorted(
        name for name in manifest.files.keys() | found if manifest.files.get(name) != found.get(name)
    )
    if wrong:
        raise BackupError(
            f"{source} is damaged: {len(wrong)} files differ, {wrong[0]} first. Take an earlier backup."
        )
    return manifest


@contextlib.contextmanager
def _opened(source: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(source, mode="r|") as archive:
            yield archive
    except tarfile.TarError as error:
        raise BackupError(f"{source} is no backup, or a damaged one ({error}).") from error


def _checked_name(info: tarfile.TarInfo) -> str:
    path = PurePosixPath(info.name)
    if not info.isfile() or path.is_absolute() or ".." in path.parts or path.parts[0] not in _TOP:
        raise BackupError(f"The backup holds {info.name!r}, which no backup of a site holds.")
    return path.as_posix()


def _taken(file: object, info: tarfile.TarInfo, target: Path | None) -> KeptFile:
    digest = hashlib.sha256()
    size = 0
    with contextlib.ExitStack() as stack:
        out = None
        if target is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            out = stack.enter_context(target.open("wb"))
            target.chmod(info.mode & 0o700 | 0o600)
        while block := file.read(_BLOCK):  # type: ignore[attr-defined]
            digest.update(block)
            size += len(block)
            if out is not None:
                out.write(block)
    return KeptFile(size, digest.hexdigest())


def is_a_backup_place(target: Path) -> bool:
    """Whether a backup may lie there: not inside what it copies."""
    kept = [Path(settings.DATA_DIR) / name for name in KEPT_FOLDERS]
    return not any(folder in target.resolve().parents for folder in kept)
