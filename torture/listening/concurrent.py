"""Concurrent writers."""

import threading
import time

from torture.listening.answers import make_waiting
from torture.listening.site import Site
from torture.table import Outcome

ENVIRONMENT = {"MUSICGEN_VERDICTS_A_MINUTE": "1000000"}
CLIENTS, SECONDS, MOST = 16, 60.0, 12_000


def run(site: Site) -> Outcome:
    """Everybody answers as fast as they can; the machine sends and serves."""
    waiting = iter(make_waiting(MOST))
    lock = threading.Lock()
    taken: list[float] = []
    errors: list[int] = []
    site.start()
    until = time.monotonic() + SECONDS

    def client() -> None:
        while time.monotonic() < until:
            with lock:
                row = next(waiting, None)
            if row is None:
                return
            begun = time.monotonic()
            body = {"trial": row.trial, "outcome": "left"}
            try:
                status, _, _ = site.request("POST", "/compare/answer/", body, row.cookie)
            except OSError:
                status = 0
            with lock:
                taken.append(time.monotonic() - begun)
                if status != 200:
                    errors.append(status)

    begun = time.monotonic()
    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = len(taken) / (time.monotonic() - begun)
    slow = sorted(taken)[int(0.95 * len(taken))]
    figure = f"{rate:.0f}/s, p95 {1000 * slow:.0f} ms, {len(errors)} errors in {len(taken):,}"
    return Outcome(figure=figure, kept=rate >= 100 and slow <= 0.25 and not errors)
