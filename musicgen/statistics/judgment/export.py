"""Reading a published export of verdicts, and making the same leaderboards from it again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from musicgen.statistics.judgment.board import Board, make_boards
from musicgen.statistics.judgment.bootstrap import RESAMPLES
from musicgen.statistics.judgment.records import Records, comparisons_of
from musicgen.statistics.judgment.verdicts import Outcome

VERSION: Final = 1
OUTCOMES: Final = {
    "left": Outcome.LEFT,
    "right": Outcome.RIGHT,
    "tie": Outcome.TIE,
    "both_bad": Outcome.BOTH_BAD,
}
# Whose verdicts count: name → (those set apart too, those without an account too).
SELECTIONS: Final = {
    "standard": (False, True),
    "with_excluded": (True, True),
    "accounts_only": (False, False),
    "accounts_with_excluded": (True, False),
}


class ExportError(ValueError):
    """A file is no export of verdicts, or of another version; the message says which."""


def read_export(path: Path) -> dict[str, Any]:
    """The content of an export.

    Raises:
        ExportError: it is none that this version understands.
    """
    try:
        content = json.loads(path.read_bytes())
    except ValueError as error:
        raise ExportError(f"{path} is not JSON: {error}. Give the export.json of a leaderboard.") from None
    if not isinstance(content, dict) or "comparisons" not in content or "systems" not in content:
        raise ExportError(f"{path} is no export of verdicts. Give the file export.json of a leaderboard.")
    if content.get("version") != VERSION:
        raise ExportError(
            f"{path} is an export of version {content.get('version')!r}; this program reads {VERSION}."
        )
    return content


def records_of(export: Mapping[str, Any]) -> Records:
    """What was said, as the site's own analysis sees it: checks and repeats do not count as verdicts."""
    people = {row["listener"]: row for row in export["listeners"]}
    names = sorted(people)
    place = {name: index for index, name in enumerate(names)}
    systems = dict(sorted(export["systems"].items()))
    counted = [row for row in export["comparisons"] if not row["check"]]
    first = {row["id"]: row for row in export["comparisons"]}
    repeats = [row for row in export["comparisons"] if row["check"] == "repeat" and row["repeats"] in first]
    return Records(
        systems=systems,
        listeners=names,
        excluded=np.array([people[name]["excluded"] for name in names], bool),
        anonymous=np.array([people[name]["anonymous"] for name in names], bool),
        comparisons=comparisons_of(
            (
                (
                    row["left_system"],
                    row["right_system"],
                    row["left_song"],
                    row["right_song"],
                    OUTCOMES[row["outcome"]],
                    row["listener"],
                    row["weight"],
                )
                for row in counted
            ),
            list(systems),
            names,
        ),
        repeats=[
            (place[row["listener"]], OUTCOMES[first[row["repeats"]]["outcome"]], OUTCOMES[row["outcome"]])
            for row in repeats
        ],
        guesses=[
            (place[row["listener"]], row["system"], row["said_human"])
            for row in export["guesses"]
            if not row["knew_it"]
        ],
        stars=[(place[row["listener"]], row["system"], row["stars"]) for row in export["ratings"]],
    )


def boards_of(records: Records, *, resamples: int | None = None) -> dict[str, Board]:
    """Every leaderboard: "grouping/selection" → board."""
    draws = RESAMPLES if resamples is None else resamples
    found = {}
    for selection, (with_excluded, with_anonymous) in SELECTIONS.items():
        chosen = records.selected(with_excluded=with_excluded, with_anonymous=with_anonymous)
        for board in make_boards(chosen, resamples=draws):
            found[f"{board.grouping}/{selection}"] = board
    return found
