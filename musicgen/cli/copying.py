"""Find what pieces copy from the music in an index: how much, and the nearest passage."""

from __future__ import annotations

import argparse
from pathlib import Path

from musicgen.cli.errors import CommandError
from musicgen.cli.output import print_json, print_table, printable, say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "paths", type=Path, nargs="+", metavar="PATH", help="MIDI files, folders or archives of them"
    )
    parser.add_argument(
        "--index", type=Path, required=True, metavar="FOLDER", help="made by the command index"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(options: argparse.Namespace) -> int:
    """Report on every piece; those that cannot be read are named and left out."""
    from musicgen.cli.measuring import read_pieces
    from musicgen.corpus.copy_index import open_copy_index

    index = open_copy_index(options.index)
    refused: dict[str, str] = {}
    reports = {name: index.report(score) for name, score in read_pieces(options.paths, refused)}
    for name, reason in refused.items():
        say(f"{name}: {reason}")
    if not reports:
        raise CommandError("None of the files can be read, so there is nothing to compare.")
    if options.json:
        print_json(
            {"pieces": {name: report.to_json() for name, report in reports.items()}, "refused": refused}
        )
        return 0
    rows = [["", "shared", "longest run", "of", "from bar", "flagged"]]
    for name, report in reports.items():
        shared = "too short" if report.shared_percent is None else f"{report.shared_percent:.1f} %"
        passage = report.passage
        where = (
            [f"{passage.notes} notes", passage.piece, str(passage.piece_bar)] if passage else ["none", "", ""]
        )
        rows.append([name, shared, *where, "yes" if report.flagged else "no"])
    print_table(rows)
    for name, report in reports.items():
        for reason in report.reasons:
            print(printable(f"{name}: {reason}."))
    return 0
