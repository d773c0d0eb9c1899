"""Make a corpus to learn from out of MIDI files.

Every file is checked; equal pieces are taken once; pieces, never parts of a piece, are set
aside for validation and test. The corpus is a folder that NumPy alone can read.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from musicgen.cli.output import clock, print_json, printable, progress_bar, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("source", type=Path, metavar="SOURCE", help="a folder, zip archive or file of MIDI")
    parser.add_argument("out", type=Path, metavar="OUT", help="the corpus folder to make")
    parser.add_argument(
        "--representation",
        default="chords",
        choices=["chords"],
        help="what a network shall see of the music (default: %(default)s)",
    )
    parser.add_argument(
        "--transpositions",
        type=int,
        nargs=2,
        default=(0, 0),
        metavar=("LOW", "HIGH"),
        help="learn every piece in each of these transpositions, in semitones, as in -5 6; "
        "0 must be among them (default: only as it is)",
    )
    parser.add_argument("--json", action="store_true", help="print the report on every file as JSON")


def run(options: argparse.Namespace) -> int:
    """Prepare the corpus and report."""
    from musicgen.corpus.prepare import prepare

    low, high = options.transpositions
    with progress_bar("preparing", "step") as show:
        report = prepare(
            options.source,
            options.out,
            representation=options.representation,
            transpositions=tuple(range(low, high + 1)),
            on_progress=show,
        )
    if options.json:
        print_json(report.to_json())
        return 0
    for file in report.files:
        if file.verdict != "taken":
            say(f"{file.verdict}: {file.name}: {file.reason}")
    taken, doubled, refused = (report.count(verdict) for verdict in ("taken", "duplicate", "refused"))
    print(f"{taken:,} pieces taken, {doubled:,} duplicates, {refused:,} refused")
    for name, split in report.splits.items():
        print(
            f"  {name}: {split.pieces:,} pieces, {split.notes:,} notes, {clock(split.seconds)}, "
            f"{split.tokens:,} tokens"
        )
    print(f"{report.vocabulary_size:,} different tokens; corpus in {printable(str(report.folder))}")
    return 0
