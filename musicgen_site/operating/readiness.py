"""Whether everything that the site needs is there."""

import shutil
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import DatabaseError, connection
from redis.exceptions import RedisError
from rq import Worker

from training import queues

LEAST_FREE_BYTES: Final = 500 * 2**20  # less, and an upload or a run may fill the disk


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the site needs; `problem` is empty where it is there."""

    name: str
    problem: str = ""


def readiness() -> list[Finding]:
    """The database, Redis, a worker on every queue, and room on the disk."""
    return [_database(), *_redis_and_workers(), _disk()]


def free_bytes() -> int:
    """Room left on the disk of the data folder."""
    return shutil.disk_usage(settings.DATA_DIR).free


def _database() -> Finding:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return Finding("database", f"does not answer: {error}")
    return Finding("database")


def _redis_and_workers() -> list[Finding]:
    found = []
    for name in settings.QUEUES:
        try:
            there = Worker.count(queue=queues.queue_of(name))
        except RedisError as error:
            return [Finding("redis", f"does not answer: {error}")]
        found.append(Finding(f"worker on {name}", "" if there else "none; start `manage.py work`"))
    return [Finding("redis"), *found]


def _disk() -> Finding:
    free = free_bytes()
    if free < LEAST_FREE_BYTES:
        return Finding("disk", f"only {free // 2**20} MiB are free; see `manage.py disk`")
    return Finding("disk")
