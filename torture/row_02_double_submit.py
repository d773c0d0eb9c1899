"""A double submit counts once."""

from torture.listening.site import on_own_site
from torture.table import Outcome

PROMISE = "a double submit counts once"
WANTED = "50 parallel posts with one token: 1 row, same answer to all"


def run() -> Outcome:
    """Try it on an empty site."""
    return on_own_site("double_submit")
