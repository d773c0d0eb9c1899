"""All sixteen tables of a site with 1,000,000 verdicts and 200 systems, as its worker computes them.

Run: python benchmarks/bench_boards.py [--verdicts N] [--systems N] [--listeners N]
One listener in twenty is set apart, three in five have no account, so that no two selections are alike.
Times are CPU seconds of one thread; what is read from the database beforehand is not in them.
"""

import argparse
import os
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one core, as a worker has

import numpy as np

from benchmarks.bench_leaderboard import drawn
from musicgen.statistics.judgment.board import make_boards
from musicgen.statistics.judgment.export import SELECTIONS
from musicgen.statistics.judgment.records import Comparisons, Records

SONGS = 40  # of a system, as many as get an excerpt


def records_of(verdicts: int, systems: int, listeners: int) -> Records:
    """A site's records: three networks, eight datasets, three representations."""
    data, _ = drawn(verdicts, systems, listeners, log_ties=-0.4, bias=0.05)
    random = np.random.default_rng(3)
    facts = {
        name: {
            "label": name,
            "checkpoint": name,
            "network": f"network {place % 3}",
            "dataset": f"dataset {place % 8}",
            "representation": f"representation {place % 3}",
        }
        for place, name in enumerate(data.systems)
    }
    left_song, right_song = (
        side.astype(np.int64) * SONGS + random.integers(0, SONGS, len(data))
        for side in (data.left, data.right)
    )
    return Records(
        systems=facts,
        listeners=data.listeners,
        excluded=random.random(listeners) < 0.05,
        anonymous=random.random(listeners) < 0.6,
        comparisons=Comparisons(
            data.left, data.right, left_song, right_song, data.outcome, data.listener, data.weight
        ),
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--verdicts", type=int, default=1_000_000)
    parser.add_argument("--systems", type=int, default=200)
    parser.add_argument("--listeners", type=int, default=10_000)
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; times are CPU seconds of one thread")
    records = records_of(options.verdicts, options.systems, options.listeners)
    begun = time.process_time()
    for selection, (with_excluded, with_anonymous) in SELECTIONS.items():
        chosen = records.selected(with_excluded=with_excluded, with_anonymous=with_anonymous)
        for board in make_boards(chosen):
            print(
                f"{board.grouping}/{selection}: {board.verdicts:,} verdicts, {len(board.rows)} rows; "
                f"{time.process_time() - begun:.1f} s so far",
                flush=True,
            )
    print(f"all tables: {time.process_time() - begun:.1f} s")


if __name__ == "__main__":
    main()
