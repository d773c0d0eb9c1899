"""Workers say that they are there, and what they have."""

import contextlib
import logging
import os
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from django.db import DatabaseError, connections
from django.utils import timezone

from training.models import Worker

logger = logging.getLogger(__name__)

BEAT_SECONDS: Final = 15.0
FORGOTTEN: Final = timedelta(days=1)  # a worker that was not seen for so long is not listed any more

# Held while the thread that gives signs of life has a database connection. A fork in that time
# would copy SQLite's notes of who holds which lock, and the child would wait for a thread that it
# does not have.
beating: Final = threading.Lock()


def worker_seen(*, queue: str, host: str, has: dict[str, Any]) -> Worker:
    """Write down that this process works on a queue.

    Args:
        host: what the machine is called.
        has: cpus, memory_mb and gpus.
    """
    now = timezone.now()
    Worker.objects.filter(seen_at__lt=now - FORGOTTEN).delete()
    worker, _ = Worker.objects.update_or_create(
        name=f"{host}:{os.getpid()}:{queue}", defaults={"queue": queue, "host": host, "seen_at": now, **has}
    )
    return worker


@contextlib.contextmanager
def worker_present(*, queue: str, host: str, has: dict[str, Any]) -> Iterator[None]:
    """Give signs of life from a thread for the length of the block."""
    done = threading.Event()

    def beat() -> None:
        while True:
            with beating:
                try:
                    worker_seen(queue=queue, host=host, has=has)
                except DatabaseError:  # away for a moment; the next beat tells
                    logger.warning("a worker's sign of life was not written", exc_info=True)
                finally:
                    connections.close_all()
            if done.wait(BEAT_SECONDS):
                break
        with contextlib.suppress(DatabaseError), beating:
            Worker.objects.filter(name=f"{host}:{os.getpid()}:{queue}").delete()
            connections.close_all()

    thread = threading.Thread(target=beat, name=f"worker-{queue}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(timeout=5.0)
