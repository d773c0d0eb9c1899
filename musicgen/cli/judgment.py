"""Make a leaderboard again from a published export of its verdicts.

`judgment recompute export.json` prints the table of the site's page to the same figures, and says
whether they agree with the tables that the export itself carries.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musicgen.cli.output import print_json, print_table

if TYPE_CHECKING:
    from musicgen.statistics.judgment import Board, BoardRow

_GROUPINGS = ("checkpoint", "network", "dataset", "representation")
_SELECTIONS = ("standard", "with_excluded", "accounts_only", "accounts_with_excluded")
_TOLERANCE = 1e-6  # of figures that ought to be equal: another build of NumPy may add in another order


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    recompute = actions.add_parser("recompute", help="make the leaderboard again from an export")
    recompute.add_argument("export", type=Path, metavar="EXPORT", help="export.json of a leaderboard")
    recompute.add_argument("--by", choices=_GROUPINGS, default="checkpoint", help="what is compared")
    recompute.add_argument("--of", choices=_SELECTIONS, default="standard", help="whose verdicts count")
    recompute.add_argument("--json", action="store_true", help="print everything, in JSON")


def run(options: argparse.Namespace) -> int:
    """Recompute, print, compare with what the export says."""
    from musicgen.statistics.judgment.board import make_board
    from musicgen.statistics.judgment.export import SELECTIONS, read_export, records_of

    export = read_export(options.export)
    with_excluded, with_anonymous = SELECTIONS[options.of]
    chosen = records_of(export).selected(with_excluded=with_excluded, with_anonymous=with_anonymous)
    published = export.get("boards", {}).get(f"{options.by}/{options.of}")
    if published is None:
        board = make_board(chosen, options.by)
    else:
        board = make_board(chosen, options.by, seed=published["seed"], resamples=published["resamples"])
    if options.json:
        print_json(board.to_json())
    else:
        _print(board)
    if published is None:
        return 0
    different = sorted(_differences(published, board.to_json()))
    if not options.json:
        print("The export's own table: " + ("the same figures." if not different else "DIFFERENT figures:"))
        for name in different:
            print(f"  {name}")
    return 1 if different else 0


def _print(board: Board) -> None:
    head = ["", "ranks", "Elo", "95 %", "verdicts", "both bad", "taken for human", "d′", "stars", ""]
    print_table([head, *(_cells(row) for row in board.rows)])
    print(f"{board.verdicts:,} verdicts of {board.listeners:,} listeners.")
    if board.side_bias is not None:
        print(
            f"The left of two equals is preferred in {board.side_bias:.1%} "
            f"({board.side_low:.1%} to {board.side_high:.1%}) of clear answers."
        )


def _cells(row: BoardRow) -> list[str]:
    return [
        row.label,
        "" if row.best_rank is None else f"{row.best_rank}–{row.worst_rank}",
        "" if row.elo is None else f"{row.elo:.0f}",
        "" if row.low is None else f"{row.low:.0f} to {row.high:.0f}",
        f"{row.verdicts:,}",
        "" if row.both_bad is None else f"{row.both_bad:.0%}",
        "" if row.human is None else f"{row.human:.0%} of {row.guesses:,}",
        "" if row.d_prime is None else f"{row.d_prime:.2f}",
        "" if row.stars is None else f"{row.stars:.2f} of {row.ratings:,}",
        str(row.status) if row.status != "settled" else "",
    ]


def _differences(published: Any, found: Any, name: str = "board") -> list[str]:
    """Names of the figures that differ."""
    if isinstance(published, dict) and isinstance(found, dict):
        return [
            line
            for key in sorted({*published, *found})
            for line in _differences(published.get(key), found.get(key), f"{name}.{key}")
        ]
    if isinstance(published, list) and isinstance(found, list | tuple) and len(published) == len(found):
        pairs = zip(published, found, strict=True)
        return [line for index, (a, b) in enumerate(pairs) for line in _differences(a, b, f"{name}[{index}]")]
    if isinstance(published, float) and isinstance(found, float):
        return [] if abs(published - found) <= _TOLERANCE * max(1.0, abs(published)) else [name]
    return [] if published == found else [name]
