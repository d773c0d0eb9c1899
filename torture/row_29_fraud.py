"""Fraud is limited: unheard, replayed, forged and scripted verdicts."""

from torture.listening.site import on_own_site
from torture.table import Outcome

PROMISE = "fraud is limited"
WANTED = "refused; 429 past the limit"


def run() -> Outcome:
    """Try it on an empty site."""
    return on_own_site("fraud")
