"""Fraud is limited: unheard, replayed, forged and scripted verdicts."""

import json

from torture.listening.answers import make_waiting
from torture.listening.site import Site
from torture.table import Outcome


def run(site: Site) -> Outcome:
    """Each kind of fraud, through the real addresses."""
    from listening.models import Comparison

    unheard, *others = make_waiting(1, heard=0.0) + make_waiting(45)
    site.start()

    def send(trial: str, cookie: str, **more: object) -> int:
        body = {"trial": trial, "outcome": "left", **more}
        return site.request("POST", "/compare/answer/", body, cookie)[0]

    refused = {
        "unheard": send(unheard.trial, unheard.cookie),
        "claimed to be heard": send(unheard.trial, unheard.cookie, heard=[99, 99]),
        "forged": send(others[0].trial[:-3] + "xyz", others[0].cookie),
        "another's": send(others[0].trial, others[1].cookie),
        "without a cookie": send(others[0].trial, ""),
    }
    taken = [send(row.trial, row.cookie) for row in others[:40]]
    rows = Comparison.objects.count()
    replayed = send(others[0].trial, others[0].cookie)
    _, body, _ = site.request("POST", "/compare/answer/", {"trial": others[0].trial}, others[0].cookie)
    same = json.loads(body)["outcome"] == "left"
    good = all(400 <= status < 500 for status in refused.values())
    limited = taken.count(200) == 30 and taken.count(429) == 10
    figure = (
        f"{len(refused)} frauds answered {sorted(set(refused.values()))}, a replay {replayed}, no new row; "
        f"of 40 scripted in a minute {taken.count(200)} taken, {taken.count(429)} answered 429"
    )
    kept = good and limited and same and rows == 30 == Comparison.objects.count()
    return Outcome(figure=figure, kept=kept)
