"""Every address lets in whom it should, and nobody else."""

from __future__ import annotations

from pathlib import Path

from torture.by_test import shown_by
from torture.site import ROOT
from torture.table import Outcome

PROMISE = "access control: every URL × anonymous, owner, other, moderator, admin"
WANTED = "0 unexpected 2xx, every URL listed"
_LIST = "tests/musicgen_site/access.txt"


def run() -> Outcome:
    """By tests of the suite, which also fail when an address is not on the list."""
    outcome, _ = shown_by("tests/musicgen_site/test_access.py", "tests/training/test_permission.py")
    listed = [line for line in Path(ROOT, _LIST).read_text().splitlines() if line[:1] not in ("", "#")]
    return Outcome(outcome.kept, f"{len(listed)} addresses listed; {outcome.figure}")
