"""`python -m torture.listeners`: simulated listeners through the real addresses of a site of its own.

Prints how the estimated strengths, side bias and ties hold the truth; exit code 1 if they do not.
For the coverage over hundreds of repetitions, of the statistics alone: benchmarks/bench_coverage.py.
"""

from __future__ import annotations

import argparse
import os
import sys

from torture.listening.site import on_own_site


def main() -> int:
    """Start the site, let them judge, say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--listeners", type=int, default=60)
    parser.add_argument("--each", type=int, default=80, help="answers of each, at most 1000 (default: 80)")
    options = parser.parse_args()
    os.environ["TORTURE_LISTENERS"] = str(options.listeners)
    os.environ["TORTURE_EACH"] = str(options.each)
    outcome = on_own_site("simulated")
    print(f"{outcome.figure}: {'kept' if outcome.kept else 'BROKEN'}")
    return 0 if outcome.kept else 1


if __name__ == "__main__":
    sys.exit(main())
