"""Put a run's best checkpoint where the shipped ones are, and others along its way, in half precision.

The likelihoods written with the best are measured anew with the rounded weights. Its card.md is
written by a person and is left as it is.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from musicgen.cli.loading import quiet_loading
from musicgen.corpus import open_corpus
from musicgen.representation import Tones


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("run_folder", type=Path, metavar="RUN", help="the folder of a finished run")
    parser.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="what it learned from")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write")
    parser.add_argument(
        "--along", type=int, default=0, metavar="N", help="ship N earlier ones beside it, the untrained first"
    )
    parser.add_argument(
        "--judged-tokens",
        type=int,
        default=-1,
        metavar="N",
        help="judge by so many tokens of each split, from the beginnings of its pieces; 0 keeps the figures "
        "of the run (default: all)",
    )


def run(options: argparse.Namespace) -> int:
    """Ship it and say what it is worth."""
    if isinstance(open_corpus(options.corpus).representation, Tones):
        return _ship_tones(options)
    with quiet_loading():
        from musicgen.learning.shipping import ship_run
    shipped = ship_run(
        options.run_folder,
        options.corpus,
        options.out,
        along=options.along,
        judged_tokens=options.judged_tokens,
    )
    for info in shipped:
        print(f"step {info.step:,}{' (best)' if info.is_best else ''}")
        for split in ("validation", "test"):
            if likelihood := info.metrics.get(split):
                print(
                    f"  {split}: {likelihood['nats_per_token']:.3f} nats per token, "
                    f"{likelihood['nats_per_note']:.3f} per note"
                )
    return 0


def _ship_tones(options: argparse.Namespace) -> int:
    from musicgen.learning.tone_shipping import ship_tones

    for info in ship_tones(options.run_folder, options.corpus, options.out, along=options.along):
        inside = len(info.metrics["validation"]["rows_inside"])
        best = " (best)" if info.is_best else ""
        print(f"step {info.step:,}{best}: {inside} of 9 rows within the quartiles of the validation pieces")
    return 0
