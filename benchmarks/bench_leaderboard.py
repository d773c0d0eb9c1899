"""A leaderboard of 1,000,000 verdicts and 200 systems, beside the choix package on the same data.

Run: python benchmarks/bench_leaderboard.py [--verdicts N] [--systems N] [--resamples N]
choix is no dependency: `pip install choix` first; without it only our own figures are shown.
choix knows no ties, no side bias and no intervals, so both sides also fit the same data without
ties or bias once each: strengths must agree, and times are of one fit each.
"""

import argparse
import importlib.util
import os
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one core, as a worker has

import numpy as np

from musicgen.statistics.judgment import PairVerdicts, estimate_strengths, fit_davidson
from musicgen.statistics.judgment.bootstrap import ELO_PER_NAT
from musicgen.statistics.judgment.davidson import probabilities


def drawn(
    count: int, size: int, listeners: int, *, log_ties: float, bias: float
) -> tuple[PairVerdicts, np.ndarray]:
    """Verdicts of a known truth, and the strengths in it."""
    random = np.random.default_rng(1)
    strengths = random.normal(0, 1, size)
    strengths -= strengths.mean()
    left = random.integers(0, size, count)
    right = (left + random.integers(1, size, count)) % size
    share = np.cumsum(probabilities(strengths[left] - strengths[right], log_ties, bias), axis=0)
    return (
        PairVerdicts(
            systems=tuple(f"{n:04d}" for n in range(size)),
            listeners=tuple(f"{n:06d}" for n in range(listeners)),
            left=left.astype(np.int32),
            right=right.astype(np.int32),
            outcome=(random.random(count) > share[:2]).sum(axis=0).astype(np.int8),
            listener=random.integers(0, listeners, count).astype(np.int32),
            weight=np.ones(count),
        ),
        strengths,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--verdicts", type=int, default=1_000_000)
    parser.add_argument("--systems", type=int, default=200)
    parser.add_argument("--listeners", type=int, default=10_000)
    parser.add_argument("--resamples", type=int, default=1_000)
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; times are CPU seconds of one thread")

    data, truth = drawn(options.verdicts, options.systems, options.listeners, log_ties=-0.4, bias=0.05)
    begun = time.process_time()
    found = estimate_strengths(data, seed=1, resamples=options.resamples)
    taken = time.process_time() - begun
    inside = np.mean((found.low <= 1000 + ELO_PER_NAT * truth) & (1000 + ELO_PER_NAT * truth <= found.high))
    print(
        f"{len(data):,} verdicts, {options.systems} systems, {options.listeners:,} listeners: "
        f"fit and {options.resamples:,} resamples in {taken:.1f} s; "
        f"the truth lies inside {inside:.1%} of the intervals"
    )

    data, truth = drawn(options.verdicts, options.systems, options.listeners, log_ties=-40.0, bias=0.0)
    begun = time.process_time()
    ours = fit_davidson(data.counts()).strengths
    print(f"without ties: musicgen fits in {time.process_time() - begun:.2f} s")
    if importlib.util.find_spec("choix") is None:
        print("choix is not installed, so there is nothing to compare with")
        return
    import choix

    counts = data.counts()
    begun = time.process_time()
    wins = counts[0] + counts[1].T
    theirs = choix.ilsr_pairwise_dense(wins, alpha=1e-6)
    print(f"without ties: choix (ilsr_pairwise_dense) fits in {time.process_time() - begun:.2f} s")
    theirs -= theirs.mean()
    apart = ELO_PER_NAT * np.abs(ours - theirs)
    print(
        f"agreement: correlation {np.corrcoef(ours, theirs)[0, 1]:.6f}, "
        f"largest difference {apart.max():.2f} Elo, "
        f"against the truth {ELO_PER_NAT * np.abs(ours - truth).max():.1f} Elo"
    )


if __name__ == "__main__":
    main()
