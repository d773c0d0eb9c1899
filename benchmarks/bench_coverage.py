"""How often the intervals of strengths hold the truth, and what adaptive choice of pairs saves.

Run: python benchmarks/bench_coverage.py [--repetitions N]
Simulated listeners: six systems from −1.5 to 1.5 (natural log), a third or so ties, a side bias of
0.1, 10 % random clickers, who are set apart when they fail their checks. Below it, without clickers,
how many fewer verdicts adaptive choice needs for intervals as wide as uniform choice gives.
"""

import argparse
import time

import numpy as np

from musicgen.statistics.judgment import estimate_strengths
from musicgen.statistics.judgment.bootstrap import ELO_PER_NAT
from musicgen.statistics.judgment.simulation import Crowd, simulate


def measured(
    crowd: Crowd, listeners: int, repetitions: int, resamples: int, *, adaptive: bool
) -> tuple[float, float, int]:
    """Share of intervals that hold the truth, their mean width in Elo, and how many verdicts."""
    truth = 1000 + ELO_PER_NAT * (crowd.strengths - crowd.strengths.mean())
    inside, widths, verdicts = [], [], 0
    for repetition in range(repetitions):
        random = np.random.default_rng(repetition)
        data = simulate(crowd, listeners=listeners, each=80, random=random, adaptive=adaptive)
        found = estimate_strengths(data, seed=repetition, resamples=resamples)
        inside.append((found.low <= truth) & (truth <= found.high))
        widths.append(found.high - found.low)
        verdicts = len(data)
    return float(np.mean(inside)), float(np.mean(widths)), verdicts


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=200)
    options = parser.parse_args()
    begun = time.process_time()
    crowd = Crowd(np.linspace(-1.5, 1.5, 6), log_ties=-0.3, side_bias=0.1, taste_sd=0.0, clickers=0.1)
    for adaptive in (False, True):
        share, width, verdicts = measured(crowd, 120, options.repetitions, 1_000, adaptive=adaptive)
        name = "adaptive" if adaptive else "uniform"
        print(
            f"{name}: {options.repetitions} repetitions of about {verdicts:,} verdicts: "
            f"{share:.1%} of the 95 % intervals hold the truth, mean width {width:.1f} Elo"
        )
    for label, strengths in (
        ("ten systems from −4 to 4", np.linspace(-4, 4, 10)),
        ("eight systems within 1.2, anchors at −4 and 3", np.r_[-4, np.linspace(-0.6, 0.6, 8), 3]),
    ):
        crowd = Crowd(strengths, log_ties=-0.3, side_bias=0.1, taste_sd=0.0, clickers=0.0)
        widths = [
            measured(crowd, 300, max(2, options.repetitions // 4), 300, adaptive=adaptive)[1]
            for adaptive in (False, True)
        ]
        print(
            f"{label}: intervals {widths[0]:.2f} Elo wide by uniform, {widths[1]:.2f} by adaptive choice: "
            f"{1 - (widths[1] / widths[0]) ** 2:.1%} fewer verdicts for the same width"
        )
    print(f"{time.process_time() - begun:.0f} s of CPU")


if __name__ == "__main__":
    main()
