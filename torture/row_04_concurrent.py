"""Concurrent writers."""

from torture.listening.site import on_own_site
from torture.table import Outcome

PROMISE = "concurrent writers"
WANTED = "16 clients for 60 s: ≥ 100 verdicts/s, p95 ≤ 250 ms, 0 errors"


def run() -> Outcome:
    """Try it on an empty site."""
    return on_own_site("concurrent")
