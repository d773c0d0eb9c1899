"""Which checkpoints of a run are kept: the best, the last, and those nearest to each halving on the way.

A run of 24 evaluations keeps those nearest to steps 1, 1/2, 1/4, 1/8 … of the last one, at most
eight in all: close together early, where it changes most.
"""

import shutil
from typing import Final

from training.models import Run

MOST_KEPT: Final = 8


def kept_names(names: list[str], best: str | None) -> list[str]:
    """Those to keep, the best first, then the latest first.

    Args:
        names: of checkpoints, `step-<number>`, in the order of steps.
        best: the one with the lowest validation loss.
    """
    if not names:
        return []
    steps = {name: int(name.rpartition("-")[2]) for name in names}
    last = steps[names[-1]]
    wanted = [last / 2**halvings for halvings in range(MOST_KEPT)]
    nearest = [min(names, key=lambda name: (abs(steps[name] - wish), name)) for wish in wanted]
    chosen = list(dict.fromkeys([*([best] if best else []), *nearest]))
    return chosen[:MOST_KEPT]


def thin_out(run: Run, kept: list[str]) -> None:
    """Remove the run's other checkpoints. What it goes on from is kept apart, in `last`."""
    for folder in (run.folder / "checkpoints").glob("step-*"):
        if folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)
