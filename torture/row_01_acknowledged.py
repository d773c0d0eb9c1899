"""Acknowledged verdicts survive a killed web server."""

from torture.listening.site import on_own_site
from torture.table import Outcome

PROMISE = "acknowledged verdicts survive"
WANTED = "0 lost, 0 doubled in 1,000 over 20 kills"


def run() -> Outcome:
    """Try it on an empty site."""
    return on_own_site("acknowledged")
