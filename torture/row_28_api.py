"""The API keeps what its description promises, whatever it is sent."""

from __future__ import annotations

import tempfile
from pathlib import Path

from torture.by_test import shown_by
from torture.table import Outcome

PROMISE = "the API holds: Schemathesis"
WANTED = "≥ 10,000 cases: 0 5xx, every answer as described"
CASES = 10_000


def run() -> Outcome:
    """Ten thousand cases over all operations, drawn anew each time."""
    with tempfile.NamedTemporaryFile() as counted:
        wanted = {"MUSICGEN_API_CASES": str(CASES), "MUSICGEN_API_COUNT": counted.name}
        outcome, _ = shown_by("tests/musicgen_site/api/test_contract.py", more=wanted)
        sent = sum(map(int, Path(counted.name).read_text().split()))
    return Outcome(outcome.kept and sent >= CASES, f"{sent:,} cases sent; {outcome.figure}")
