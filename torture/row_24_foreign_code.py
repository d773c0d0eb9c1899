"""Nothing that a stranger sends is run: no pickles, no Keras files, no swapped weights."""

from __future__ import annotations

from torture.by_test import shown_by
from torture.table import Outcome

PROMISE = "no foreign code loads: .keras, .h5, .pkl sent; a stored checkpoint swapped"
WANTED = "refused before load; only weights this site wrote (SHA-256), never pickles"


def run() -> Outcome:
    """By tests of the suite."""
    return shown_by(
        "tests/training/test_exchange.py",
        "tests/training/test_checkpoints.py",
        "tests/training/test_foreign_code.py",
    )[0]
