"""Django's SQLite backend, waiting for the write lock so that whoever waits longest is not passed over.

SQLite's own wait sleeps longer each time, up to 100 ms, while whoever has just come asks every few
milliseconds: under steady writes the first comer loses to every newcomer, and is told "database is
locked" after all of its patience (https://sqlite.org/c3ref/busy_handler.html, `sqliteDefaultBusyCallback`).
Here all wait alike: a short wait of SQLite's own, then again, until `timeout` has passed.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

from django.db.backends.sqlite3 import base

SHORT_SECONDS: Final = 0.02  # of SQLite's own wait: its sleeps stay below 10 ms
SLEEP_SECONDS: Final = 0.004  # between two of them, on average

T = TypeVar("T")


class PatientCursor(base.SQLiteCursorWrapper):
    """Tries a statement again that found the database locked before it had done anything."""

    def execute(self, query: str, params: Any = None) -> Any:
        """As Django's; see the module."""
        return self._patiently(lambda: super(PatientCursor, self).execute(query, params))

    def executemany(self, query: str, param_list: Iterable[Any]) -> Any:
        """As Django's; see the module."""
        rows = list(param_list)
        return self._patiently(lambda: super(PatientCursor, self).executemany(query, rows))

    def _patiently(self, attempt: Callable[[], T]) -> T:
        # Within a transaction the lock is held already (IMMEDIATE), or waiting would be in vain.
        if self.connection.in_transaction:
            return attempt()
        deadline = time.monotonic() + getattr(self.connection, "patience_seconds", 0.0)
        while True:
            try:
                return attempt()
            except sqlite3.OperationalError as error:
                is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not is_busy or time.monotonic() >= deadline:
                    raise
                if self.connection.in_transaction:  # many rows, of which some are written
                    raise
            time.sleep(SLEEP_SECONDS * (0.5 + random.random()))  # noqa: S311  # no secret


class PatientConnection(sqlite3.Connection):
    """Knows how long its cursors wait.

    Attributes:
        patience_seconds: in all, for one statement.
    """

    patience_seconds: float = 0.0


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes the same options; `timeout` is how long a statement waits for the lock in all."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> PatientConnection:
        """Open a connection whose own patience is short, and whose cursors' is long."""
        patience = float(conn_params.get("timeout", 5.0))
        # What is run at the opening waits by SQLite's own rules: it may meet whoever closes the database.
        opened: PatientConnection = super().get_new_connection({**conn_params, "factory": PatientConnection})
        opened.execute(f"PRAGMA busy_timeout = {round(1000 * min(SHORT_SECONDS, patience))}")
        opened.patience_seconds = patience
        return opened

    def create_cursor(self, name: str | None = None) -> Any:
        """One that waits."""
        return self.connection.cursor(factory=PatientCursor)
