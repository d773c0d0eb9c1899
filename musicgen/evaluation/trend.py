"""Does a run get better and better? Rank correlation of what is judged with the training step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from musicgen.evaluation.judging import Judgment

LEAST_STEPS: Final = 4  # fewer, and no order of them is rarer than 1 in 20
_SIGNIFICANT: Final = 0.05


@dataclass(frozen=True, slots=True)
class Trend:
    """One row of figures along a run; lower is better in all of them.

    Attributes:
        name: what is judged.
        steps: of the checkpoints that have the figure, ascending.
        values: theirs.
        tau: Kendall's rank correlation with the step; None of too few. Negative is better and better.
        p: how likely so strong an order is by chance.
    """

    name: str
    steps: tuple[int, ...]
    values: tuple[float, ...]
    tau: float | None
    p: float | None

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)

    def in_words(self) -> str:
        """What the order comes to, in a sentence."""
        if self.tau is None or self.p is None:
            return f"{self.name}: {len(self.steps)} checkpoints, too few for a trend."
        if self.p >= _SIGNIFICANT:
            what = "no trend that chance would not make"
        else:
            what = "better and better" if self.tau < 0 else "worse and worse"
        return (
            f"{self.name}: {what} (Kendall's tau {self.tau:+.2f}, p {self.p:.3f}, {len(self.steps)} "
            f"checkpoints; from {self.values[0]:.3g} to {self.values[-1]:.3g})."
        )


def trends_of(judgments: Sequence[Judgment]) -> list[Trend]:
    """The trends of one run's checkpoints: likelihood, likeness to real music, and what is stuck."""
    ordered = sorted(judgments, key=lambda judgment: judgment.step)
    rows: list[tuple[str, Callable[[Judgment], float | None]]] = [
        ("held-out nats per token", lambda j: j.nats_per_token),
        ("Fréchet feature distance", _frechet),
        ("two-sample accuracy", _accuracy),
        ("distance of all measures", mean_distance),
        ("stuck takes", lambda j: 100.0 - j.unstuck_percent),
    ]
    return [_trend(name, ordered, value) for name, value in rows]


def mean_distance(judgment: Judgment) -> float | None:
    """How far the measures' means lie from the real ones, in real standard deviations, on average."""
    if judgment.comparison is None:
        return None
    distances = []
    for name, real in judgment.comparison.set_a.items():
        made = judgment.comparison.set_b[name]
        if real.mean is not None and real.sd and made.mean is not None:
            distances.append(abs(made.mean - real.mean) / real.sd)
    return sum(distances) / len(distances) if distances else None


def _accuracy(judgment: Judgment) -> float | None:
    return None if judgment.comparison is None else judgment.comparison.two_sample.accuracy


def _frechet(judgment: Judgment) -> float | None:
    return None if judgment.comparison is None else judgment.comparison.frechet.distance


def _trend(name: str, judgments: Sequence[Judgment], value: Callable[[Judgment], float | None]) -> Trend:
    from scipy.stats import kendalltau  # takes a while to load

    found = [(judgment.step, number) for judgment in judgments if (number := value(judgment)) is not None]
    steps = tuple(step for step, _ in found)
    values = tuple(float(number) for _, number in found)
    if len(found) < LEAST_STEPS or len(set(values)) == 1:
        return Trend(name, steps, values, None, None)
    tau, p = kendalltau(steps, values)
    return Trend(name, steps, values, float(tau), float(p))
