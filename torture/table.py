"""What a row says, and the table of them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType


@dataclass(frozen=True)
class Outcome:
    """How a row ended.

    Attributes:
        kept: whether the promise held.
        figure: what was counted or measured.
    """

    kept: bool
    figure: str


def times(full: int) -> int:
    """How often a row breaks something: in full, or as often as TORTURE_TIMES allows."""
    return min(full, int(os.environ.get("TORTURE_TIMES", full)))


def measured(row: ModuleType) -> tuple[Outcome, float]:
    """The outcome of a row, and the seconds it took; an error is a promise not kept."""
    run: Callable[[], Outcome] = row.run
    begun = time.monotonic()
    try:
        outcome = run()
    except Exception as error:  # noqa: BLE001 whatever goes wrong, the other rows run
        outcome = Outcome(False, f"{type(error).__name__}: {error}"[:200])
    return outcome, time.monotonic() - begun


def line(cells: tuple[str, ...]) -> str:
    """A row of the table in Markdown."""
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
