"""Listeners whose truth is known: to see whether the analysis finds it again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from musicgen.statistics.judgment.choosing import draw_probabilities
from musicgen.statistics.judgment.davidson import probabilities
from musicgen.statistics.judgment.verdicts import Float64Array, PairVerdicts

CHECK_EVERY = 10  # one trial in so many is a check
CHECKS_NEEDED = 7
FAILED_SHARE = 0.15  # more than this after so many checks, and the listener is set apart


@dataclass(frozen=True, slots=True)
class Crowd:
    """Listeners as they are.

    Attributes:
        strengths: float64 (systems,), natural log.
        log_ties, side_bias: see `musicgen.statistics.judgment.davidson`.
        taste_sd: how far one listener's strengths lie from the others'.
        clickers: share of listeners who answer at random.
        slips: share of an attentive listener's checks that fail all the same.
        quirks: float64 (systems, systems) or None: added to the log odds of a pair, so that the
            model does not hold; antisymmetric.
    """

    strengths: Float64Array
    log_ties: float = 0.0
    side_bias: float = 0.0
    taste_sd: float = 0.3
    clickers: float = 0.1
    slips: float = 0.02
    quirks: Float64Array | None = None


def simulate(
    crowd: Crowd, *, listeners: int, each: int, random: np.random.Generator, adaptive: bool = False
) -> PairVerdicts:
    """Let a crowd judge; those who fail their checks are left out, as on the site.

    Args:
        listeners: how many people.
        each: verdicts of each, checks not counted.
        adaptive: choose pairs as the site does; else all alike.
    """
    size = len(crowd.strengths)
    first, second = np.triu_indices(size, 1)
    wins, ties, count = np.zeros(len(first)), np.zeros(len(first)), np.zeros(len(first))
    rows: list[tuple[str, str, int, str, float]] = []
    for person in range(listeners):
        clicks = random.random() < crowd.clickers
        taste = crowd.strengths + random.normal(0, crowd.taste_sd, size)
        chances = draw_probabilities(wins, ties, count) if adaptive else np.full(len(first), 1 / len(first))
        pairs = random.choice(len(first), size=each, p=chances)
        turned = random.random(each) < 0.5
        left = np.where(turned, second[pairs], first[pairs])
        right = np.where(turned, first[pairs], second[pairs])
        apart = taste[left] - taste[right]
        if crowd.quirks is not None:
            apart = apart + crowd.quirks[left, right]
        if clicks:
            outcome = random.integers(0, 4, each)
        else:
            share = np.cumsum(probabilities(apart, crowd.log_ties, crowd.side_bias), axis=0)
            outcome = (random.random(each) > share[:2]).sum(axis=0)
        checks = each // CHECK_EVERY
        failed = random.random(checks) < (0.6 if clicks else crowd.slips)
        if checks >= CHECKS_NEEDED and failed.sum() > FAILED_SHARE * checks:
            continue
        np.add.at(count, pairs, 1)
        np.add.at(ties, pairs[outcome >= 2], 1)
        np.add.at(wins, pairs[outcome == turned.astype(int)], 1)
        name = f"{person:06d}"
        weight = 1 / (len(first) * chances[pairs])
        rows += [
            (f"{a:04d}", f"{b:04d}", int(said), name, float(w))
            for a, b, said, w in zip(left, right, outcome, weight, strict=True)
        ]
    return PairVerdicts.of(rows)
