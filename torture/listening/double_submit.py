"""A double submit counts once."""

import json
from concurrent.futures import ThreadPoolExecutor

from torture.listening.answers import make_waiting
from torture.listening.site import Site
from torture.table import Outcome

POSTS = 50


def run(site: Site) -> Outcome:
    """Fifty at once, with different answers."""
    from listening.models import Comparison, PairTally

    row = make_waiting(1)[0]
    site.start()

    def send(number: int) -> tuple[int, bytes]:
        outcome = ("left", "right", "tie", "both_bad")[number % 4]
        body = {"trial": row.trial, "outcome": outcome}
        status, answer, _ = site.request("POST", "/compare/answer/", body, row.cookie)
        return status, answer

    with ThreadPoolExecutor(POSTS) as pool:
        answers = list(pool.map(send, range(POSTS)))
    different = {
        json.dumps(json.loads(answer), sort_keys=True) for status, answer in answers if status == 200
    }
    rows, counted = Comparison.objects.count(), PairTally.objects.get().count
    good = sum(status == 200 for status, _ in answers)
    figure = (
        f"{rows} row, counted {counted} time, {good} of {POSTS} answered, {len(different)} different answer"
    )
    return Outcome(figure=figure, kept=(rows, counted, good, len(different)) == (1, 1, POSTS, 1))
