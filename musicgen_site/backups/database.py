"""A copy of the database as it is at one moment, while others read and write it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from musicgen_site.backups.manifest import POSTGRES_NAME, SQLITE_NAME, BackupError

# The settings that libpq reads, by what Django calls them.
_PG_VARIABLES: Final = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}


def database_copy(folder: Path) -> Path:
    """Write a consistent copy of the database into a folder. Returns the file.

    Raises:
        BackupError: it cannot be copied, or the copy is damaged.
    """
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        return _copy_sqlite(folder / SQLITE_NAME)
    return _dump_postgres(folder / POSTGRES_NAME)


def database_put(file: Path, target: Path) -> None:
    """Make the configured database what a backup's file says.

    Args:
        file: from the backup.
        target: where a SQLite database belongs; PostgreSQL is where DATABASE_URL says, and empty.

    Raises:
        BackupError: the database is not empty, or refuses.
    """
    if file.name == SQLITE_NAME:
        file.rename(target)
        return
    if connection.introspection.table_names():
        raise BackupError("The database that DATABASE_URL names is not empty; give an empty one.")
    _run_postgres("pg_restore", "--no-owner", "--exit-on-error", "--dbname", _name(), str(file))


def last_migrations() -> dict[str, str]:
    """The last migration applied, by app."""
    applied = sorted(MigrationRecorder(connection).applied_migrations())
    return dict(applied)


def check_sqlite(file: Path) -> None:
    """Check that every page and index of a SQLite database is in order.

    Raises:
        BackupError: it is not.
    """
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        try:
            (verdict,) = database.execute("PRAGMA integrity_check").fetchone()
        except sqlite3.DatabaseError as error:
            verdict = str(error)
    if verdict != "ok":
        raise BackupError(f"The database in the backup is damaged: {verdict}.")


def _copy_sqlite(target: Path) -> Path:
    source: sqlite3.Connection = connection.connection
    with closing(sqlite3.connect(target)) as copy:
        # In one step: a copy in several begins anew with every write in between, and with the
        # write-ahead log a reader keeps no writer waiting.
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
    check_sqlite(target)
    return target


def _dump_postgres(target: Path) -> Path:
    _run_postgres("pg_dump", "--format=custom", "--file", str(target), "--dbname", _name())
    return target


def _name() -> str:
    return str(connection.settings_dict["NAME"])


def _run_postgres(program: str, *arguments: str) -> None:
    said: dict[str, Any] = connection.settings_dict
    where = {
        "PGHOST": said["HOST"],
        "PGPORT": said["PORT"],
        "PGUSER": said["USER"],
        "PGPASSWORD": said["PASSWORD"],
    }
    environment = {**os.environ, **{name: str(value) for name, value in where.items() if value}}
    try:
        done = subprocess.run(
            [program, *arguments], env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise BackupError(f"{program} is not on this machine: install PostgreSQL’s clients.") from error
    if done.returncode:
        raise BackupError(f"{program} failed: {done.stderr.strip()[-500:]}")
