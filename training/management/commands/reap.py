"""`manage.py reap`: find rows of work whose runner died or that Redis forgot, again and again."""

import logging
import signal
import threading
from argparse import ArgumentParser
from typing import Any, Final

from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections
from redis.exceptions import RedisError

from training.services import work_reap
from training.signals import time_passed

logger = logging.getLogger(__name__)

INTERVAL_SECONDS: Final = 5.0


class Command(BaseCommand):
    """Looks every few seconds; outlives a Redis or database that is away for a while."""

    help = "Return work whose runner died, and work that Redis forgot, to its queue."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """[--once]."""
        parser.add_argument("--once", action="store_true", help="look once and stop")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look, wait, look again until SIGTERM."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        while True:
            try:
                found = work_reap()
                if found:
                    self.stdout.write(f"{found} put back on their queues or given up")
                _tell_time()
            except (RedisError, DatabaseError) as error:
                logger.warning("could not look: %s", error)
            finally:
                close_old_connections()
            if options["once"] or stop.wait(INTERVAL_SECONDS):
                return


def _tell_time() -> None:
    """What another app makes of it must not keep the reaper from its work."""
    for receiver, outcome in time_passed.send_robust(sender=Command):
        if isinstance(outcome, Exception):
            logger.error("%s failed", receiver, exc_info=outcome)
