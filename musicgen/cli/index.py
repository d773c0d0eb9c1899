"""Make an index of music, to find in it what a song copies.

The index holds what a network learns from: the train split of a corpus, or of MIDI files split
as `prepare` would. The rest says how much real pieces share by chance.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from musicgen.cli.output import printable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "source", type=Path, metavar="SOURCE", help="a corpus folder, or a folder or archive of MIDI"
    )
    parser.add_argument("out", type=Path, metavar="OUT", help="the index folder to make")


def run(options: argparse.Namespace) -> int:
    """Make the index and say what is in it."""
    from musicgen.corpus.copy_index import write_copy_index

    index = write_copy_index(options.source, options.out)
    print(f"{len(index.names):,} pieces, {len(index.text):,} notes; index in {printable(str(options.out))}")
    usual = index.baseline
    if usual is None:
        print("Too few pieces are set aside to say how much is shared by chance; only long runs are flagged.")
    else:
        print(
            f"95 % of {usual.songs:,} real pieces share at most {usual.shared_percent:.1f} % of their "
            f"figures with one of these, and {usual.run_notes:.0f} notes in a row"
        )
    return 0
