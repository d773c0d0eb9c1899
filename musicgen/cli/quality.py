"""Tell what the dataset behind a corpus is like: verdicts, oddities, keys, instruments, measures."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from musicgen.cli.errors import CommandError
from musicgen.cli.output import print_json, print_table, printable, write_whole
from musicgen.cli.pictures import check_picture

_SHOWN: Final = 8  # rows of each table of counts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("corpus", type=Path, metavar="CORPUS", help="a folder made by the command prepare")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw it all, as .svg or .png")


def run(options: argparse.Namespace) -> int:
    """Show the report that `prepare` wrote."""
    if options.picture:
        check_picture(options.picture)
    report = read_report(options.corpus)
    if options.picture:
        from musicgen.corpus.quality_picture import draw_quality  # loads matplotlib

        kind = options.picture.suffix.lower().removeprefix(".")
        write_whole(options.picture, draw_quality(report, kind))
    if options.json:
        print_json(report)
    else:
        _print(report)
    return 0


def read_report(corpus: Path) -> dict[str, Any]:
    """The report beside a corpus.

    Raises:
        CommandError: what lies there is none.
        OSError: there is nothing.
    """
    path = corpus / "quality.json"
    try:
        report: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise CommandError(f"{path} holds no report ({error}); prepare the corpus again.") from error
    return report


def findings_in_words(report: Mapping[str, Any]) -> list[str]:
    """What is odd in a dataset, a line each; only what there is."""
    lines = []
    taken = report["taken"]
    for kind, count in report["repaired"]:
        lines.append(f"{count:,} of {taken:,} pieces repaired: {kind.replace('_', ' ')}")
    for name, found in report["findings"].items():
        if found["count"]:
            lines.append(f"{found['count']:,} of {taken:,} pieces: {name}")
    leakage = report["leakage"]
    if leakage.get("kept_together"):  # reports made before 2026-11-28 have none
        lines.append(f"{leakage['kept_together']:,} pairs of pieces are nearly alike and in one split")
    if leakage["pairs"]:
        lines.append(
            f"{leakage['pairs']:,} pairs of pieces in different splits are alike "
            f"({leakage['same_work']:,} of one work by name)"
        )
    return lines


def _print(report: Mapping[str, Any]) -> None:
    totals = report["totals"]
    print(
        f"{report['layout']}: {report['files']:,} files, {report['taken']:,} pieces taken, "
        f"{totals['notes']:,} notes, {totals['hours']:,.1f} hours"
    )
    doubled, refused = report["duplicates"], report["refused"]
    print(f"{doubled['equal_files']:,} equal files, {doubled['equal_notes']:,} files with equal notes")
    kinds = "".join(f", {count:,} {kind}" for kind, count in refused["kinds"])
    print(f"{refused['count']:,} refused{kinds}")
    for line in findings_in_words(report):
        print(printable(line))
    for name in ("keys", "meters", "programs", "composers", "styles", "licences"):
        rows = report[name]
        if rows:
            shown = ", ".join(f"{value} {count:,}" for value, count in rows[:_SHOWN])
            more = f" and {len(rows) - _SHOWN:,} more" if len(rows) > _SHOWN else ""
            print(printable(f"{name}: {shown}{more}"))
    _print_measures(report["measures"])


def _print_measures(measures: Mapping[str, Any]) -> None:
    from musicgen.statistics import MEASURES

    table = [["", "mean", "SD", "5 %", "median", "95 %", "unit"]]
    for row in MEASURES:
        found = measures[row.name]
        if found["count"]:
            spread = found["percentiles"]
            values = (found["mean"], found["sd"], spread["5"], spread["50"], spread["95"])
            cells = ["" if value is None else f"{value:,.{row.decimals}f}" for value in values]
            table.append([row.label, *cells, row.unit])
    print_table(table)
