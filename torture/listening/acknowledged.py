"""Acknowledged verdicts survive a killed web server."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

from torture.listening.answers import Waiting, make_waiting
from torture.listening.site import Site
from torture.table import Outcome

ENVIRONMENT = {"MUSICGEN_VERDICTS_A_MINUTE": "1000000"}
VERDICTS, KILLS = 1_000, 20


def run(site: Site) -> Outcome:
    """Send, kill in the middle, send again what was not answered."""
    from listening.models import Comparison

    waiting = make_waiting(VERDICTS)
    acknowledged: set[int] = set()
    lock = threading.Lock()

    def send(row: Waiting) -> bool:
        body = {"trial": row.trial, "outcome": "left"}
        try:
            status, _, _ = site.request("POST", "/compare/answer/", body, row.cookie)
        except OSError:
            return False
        if status == 200:
            with lock:
                acknowledged.add(row.pk)
        return status == 200

    chance = random.Random(1)
    kills = 0
    left = waiting
    site.start()
    while left:
        part = left[: VERDICTS // KILLS]
        with ThreadPoolExecutor(8) as pool:
            futures = [pool.submit(send, row) for row in part]
            if kills < KILLS:
                futures[chance.randrange(len(futures))].result()
                site.kill()
                kills += 1
        if site.process is not None and site.process.poll() is not None:
            site.start()
        # A client that got no answer sends again; one verdict counts all the same.
        left = [row for row in part if row.pk not in acknowledged] + left[len(part) :]
    kept = list(Comparison.objects.values_list("trial_id", flat=True))
    lost = len(acknowledged - set(kept))
    doubled = len(kept) - len(set(kept))
    figure = f"{len(acknowledged):,} acknowledged, {kills} kills: {lost} lost, {doubled} doubled"
    return Outcome(
        figure=figure, kept=lost == 0 and doubled == 0 and len(acknowledged) == VERDICTS and kills == KILLS
    )
