"""What was uploaded is not executable: titles and names full of HTML stay text."""

from torture.listening.site import on_own_site
from torture.table import Outcome

PROMISE = "uploads are not executable"
WANTED = "0 script runs; nosniff; attachment"


def run() -> Outcome:
    """Try it on an empty site."""
    return on_own_site("uploads")
