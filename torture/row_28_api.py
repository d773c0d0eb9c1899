"""The API keeps what its description promises, whatever it is sent."""

from __future__ import annotations

import re

from torture.by_test import shown_by
from torture.table import Outcome

PROMISE = "the API holds: Schemathesis"
WANTED = "≥ 10,000 cases: 0 5xx, every answer as described"
CASES = 10_000


def run() -> Outcome:
    """Ten thousand cases over all operations, drawn anew each time."""
    wanted = {"MUSICGEN_API_CASES": str(CASES)}
    outcome, text = shown_by("tests/musicgen_site/api/test_contract.py", more=wanted)
    sent = sum(map(int, re.findall(r"sent (\d+) cases", text)))
    return Outcome(outcome.kept and sent >= CASES, f"{sent:,} cases sent; {outcome.figure}")
