"""Rows that a test of the suite shows: they run that test."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time

from torture.site import ROOT
from torture.table import Outcome


def shown_by(*tests: str, more: dict[str, str] | None = None) -> tuple[Outcome, str]:
    """Run tests; kept if all of them pass and none is skipped.

    Args:
        tests: as pytest names them.
        more: environment variables.

    Returns:
        The outcome, and what pytest wrote.
    """
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rA", "--no-header", *tests],
        cwd=ROOT,
        env={**os.environ, **(more or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    passed = int((re.search(r"(\d+) passed", done.stdout) or [0, 0])[1])
    others = re.findall(r"(\d+) (failed|errors?|skipped|xfailed)", done.stdout)
    kept = done.returncode == 0 and passed >= len(tests) and not others
    failed = "" if kept else "; " + ", ".join(" ".join(one) for one in others)
    took = time.monotonic() - begun
    return Outcome(kept, f"{passed} tests pass{failed} ({', '.join(tests)}; {took:.0f} s)"), done.stdout
