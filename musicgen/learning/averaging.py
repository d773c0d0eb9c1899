"""An average of weights over the last batches: less noise than the weights of any one batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from musicgen.learning.checkpoint import Weights

EVERY: Final = 5  # batches between looks at the weights: seldom enough to cost nothing


class Average:
    """An exponential moving average, kept outside the network.

    Args:
        kept: how much of it stays from one batch to the next; 0 for no average at all.

    Attributes:
        weights: the average; empty before the first look.
    """

    def __init__(self, kept: float) -> None:
        self._kept = kept
        self.weights: Weights = {}

    def follow(self, step: int, weights: Callable[[], Weights]) -> None:
        """Look at the weights after a step, if it is time.

        Early on the average is over fewer batches, so that it holds nothing of the first weights.
        """
        if not self._kept or step % EVERY:
            return
        looks = step // EVERY
        kept = min(self._kept**EVERY, (looks - 1) / (looks + 9))
        now = weights()
        if not self.weights:
            self.weights = {name: array.copy() for name, array in now.items()}
            return
        for name, array in now.items():
            average = self.weights[name]
            average += (1 - kept) * (array - average)
