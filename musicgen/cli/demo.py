"""Write the demo dataset, Bach's chorales out of music21's corpus, as MIDI files.

It takes about a minute the first time; files that are already there are kept.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from musicgen.cli.output import printable, progress_bar


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("out", type=Path, metavar="OUT", help="the folder to write them to")


def run(options: argparse.Namespace) -> int:
    """Write them."""
    from musicgen.corpus.chorales import write_chorales

    with progress_bar("writing chorales", "piece") as show:
        written = write_chorales(options.out, on_progress=show)
    print(f"{len(written):,} chorales in {printable(str(options.out))}")
    return 0
