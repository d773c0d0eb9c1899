"""Waiting for SQLite's write lock: as long as the settings say, in a transaction or without."""

import threading

import pytest
from django.db import OperationalError, connection

from musicgen_site.sqlite.base import SHORT_SECONDS, DatabaseWrapper

pytestmark = pytest.mark.django_db
SQLITE_WAITS_SECONDS = 20 * SHORT_SECONDS  # by itself it would have given up long before


@pytest.fixture
def opened(tmp_path):
    """Opens connections of their own to one database."""
    made = []

    def opened(timeout):
        options = {
            "init_command": "PRAGMA journal_mode=WAL",
            "transaction_mode": "IMMEDIATE",
            "timeout": timeout,
        }
        told = {"NAME": str(tmp_path / "db.sqlite3"), "OPTIONS": options, "ENGINE": "musicgen_site.sqlite"}
        made.append(DatabaseWrapper({**connection.settings_dict, **told}, alias="default"))
        made[-1].inc_thread_sharing()
        return made[-1]

    yield opened
    for one in made:
        one.close()


@pytest.fixture
def busy(opened):
    """A connection that holds the lock; another waits for it or not."""
    holder = opened(5)
    with holder.cursor() as cursor:
        cursor.execute("CREATE TABLE counted (number)")
        cursor.execute("BEGIN IMMEDIATE")
    return holder


def plain(database):
    with database.cursor() as cursor:
        cursor.execute("INSERT INTO counted VALUES (%s)", [1])


def many(database):
    with database.cursor() as cursor:
        cursor.executemany("INSERT INTO counted VALUES (%s)", iter([[1]]))


def in_transaction(database):
    database.cursor().execute("BEGIN IMMEDIATE")
    plain(database)
    database.cursor().execute("COMMIT")


@pytest.mark.parametrize("write", [plain, many, in_transaction])
def test_it_waits_until_the_lock_is_free(busy, opened, write):
    failed = []

    def wait():
        try:
            write(opened(120))
        except OperationalError as error:
            failed.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    thread.join(SQLITE_WAITS_SECONDS)
    assert thread.is_alive(), failed
    busy.cursor().execute("COMMIT")
    thread.join(120)
    assert not failed
    assert busy.cursor().execute("SELECT count(*) FROM counted").fetchone() == (1,)


def test_it_gives_up_when_its_time_is_over(busy, opened):
    with pytest.raises(OperationalError, match="database is locked"):
        plain(opened(0.1))
    busy.cursor().execute("ROLLBACK")
    plain(opened(0.1))
