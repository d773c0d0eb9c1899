"""A computed leaderboard, ready to be read."""

import hashlib
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from listening.models.excerpt import CHECKPOINT
from training import shared

EXPORT_FILES: Final = ("export.json", "comparisons.csv", "guesses.csv", "leaderboard.csv", "codebook.json")
REFRESH_SECONDS: Final = 30.0
_MARGIN: Final = 0.06  # of the picture's width, on either side


def export_file(name: str) -> tuple[Path | None, str]:
    """Where a published file is, and a name for its very bytes; None where there is none."""
    path = Path(settings.DATA_DIR, "leaderboard", name)
    if name not in EXPORT_FILES:
        return None, ""
    shared.refresh(path, REFRESH_SECONDS)  # where another machine writes it
    if not path.is_file():
        return None, ""
    status = path.stat()
    return path, hashlib.sha256(f"{name} {status.st_mtime_ns} {status.st_size}".encode()).hexdigest()


def board_view(board: dict[str, Any]) -> dict[str, Any]:
    """The board with, for each row that has one, its interval drawn on one scale (in % of the width)."""
    known = [row for row in board["rows"] if row["elo"] is not None]
    low = min((row["low"] for row in known), default=0.0)
    high = max((row["high"] for row in known), default=1.0)
    width = max(high - low, 1.0)

    def place(elo: float) -> str:
        return f"{100 * (_MARGIN + (1 - 2 * _MARGIN) * (elo - low) / width):.1f}"

    rows = []
    for row in board["rows"]:
        drawn = {}
        if row["elo"] is not None:
            drawn = {name: place(row[key]) for name, key in (("x", "elo"), ("x1", "low"), ("x2", "high"))}
        slug = row["key"].removeprefix(CHECKPOINT) if row["key"].startswith(CHECKPOINT) else ""
        shares = {
            f"{name}_percent": None if row[name] is None else 100 * row[name]
            for name in ("both_bad", "human")
        }
        shares |= {
            f"{name}_percent": 100 * row[name]
            for name in ("both_bad_low", "both_bad_high", "human_low", "human_high")
        }
        rows.append(
            {**row, **shares, "drawn": drawn, "slug": slug, "is_anchor": row["key"] in ("real", "random")}
        )
    return {
        **board,
        "rows": rows,
        "side_percent": None if board["side_bias"] is None else 100 * board["side_bias"],
        "side_low_percent": None if board["side_low"] is None else 100 * board["side_low"],
        "side_high_percent": None if board["side_high"] is None else 100 * board["side_high"],
        "tie_percent": None if board["tie_rate"] is None else 100 * board["tie_rate"],
        "consistency_percent": None if board["consistency"] is None else 100 * board["consistency"],
    }
