"""Leaderboards are computed and published with everything they rest on. Only for jobs."""

import csv
import io
import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from listening.codebook import CODEBOOK
from listening.models import Comparison, LeaderboardTable, Rating, Verdict
from listening.models.excerpt import system_of
from listening.selectors.boards import EXPORT_FILES
from listening.selectors.records import gather_records
from listening.services.chores import leaderboard_news
from musicgen.learning.durable import write_file
from musicgen.statistics.judgment.board import Board, make_boards
from musicgen.statistics.judgment.export import SELECTIONS, VERSION
from musicgen.statistics.judgment.records import GROUPINGS, Records
from training import shared


def export_folder() -> Path:
    """Where the published files lie."""
    return Path(settings.DATA_DIR, "leaderboard")


def leaderboards_compute(report: Callable[[float], None] = lambda share: None) -> int:
    """Compute every leaderboard from what is new and known, and write the export beside it.

    Returns:
        The version.
    """
    until = leaderboard_news()
    records, people = gather_records(until)
    boards: dict[str, Board] = {}
    for selection, (with_excluded, with_anonymous) in SELECTIONS.items():
        chosen = records.selected(with_excluded=with_excluded, with_anonymous=with_anonymous)
        for board in make_boards(chosen):
            boards[f"{board.grouping}/{selection}"] = board
            report(len(boards) / (len(SELECTIONS) * len(GROUPINGS) + 1))
    version = (LeaderboardTable.objects.aggregate(newest=Max("version"))["newest"] or 0) + 1
    _write_export(records, people, boards, until, version)
    with transaction.atomic():
        for name, board in boards.items():
            LeaderboardTable.objects.update_or_create(
                name=name, defaults={"content": board.to_json(), "version": version}
            )
    return version


def _write_export(
    records: Records,
    people: dict[str, uuid.UUID],
    boards: dict[str, Board],
    until: dict[str, Any],
    version: int,
) -> None:
    digest_of = {person: digest for digest, person in people.items()}
    comparisons = list(_comparison_rows(digest_of, until.get("comparison") or 0))
    guesses = list(_guess_rows(digest_of, until.get("verdict") or 0))
    ratings = [
        {"listener": digest_of[row.listener_id], "song": row.song_id, "system": system_of(row.song)}
        | {name: getattr(row, name) for name in ("stars", "coherence", "melody", "rhythm")}
        for row in Rating.objects.select_related("song__checkpoint").order_by("pk")
        if row.listener_id in digest_of
    ]
    # Those who gave nothing but checks so far are no listeners of a verdict yet.
    listeners = [
        {"listener": name, "excluded": bool(excluded), "anonymous": bool(anonymous)}
        for name, excluded, anonymous in zip(
            records.listeners, records.excluded, records.anonymous, strict=True
        )
    ]
    export = {
        "version": VERSION,
        "made": version,
        "codebook": CODEBOOK,
        "systems": records.systems,
        "listeners": listeners,
        "comparisons": comparisons,
        "guesses": guesses,
        "ratings": ratings,
        "boards": {name: board.to_json() for name, board in boards.items()},
    }
    folder = export_folder()
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        {"made": version, "table": name, **row}
        for name, board in boards.items()
        for row in board.to_json()["rows"]
    ]
    write_file(folder / "export.json", json.dumps(export, ensure_ascii=False).encode())
    write_file(folder / "comparisons.csv", _csv(comparisons))
    write_file(folder / "guesses.csv", _csv(guesses))
    write_file(folder / "leaderboard.csv", _csv(rows))
    write_file(folder / "codebook.json", json.dumps(CODEBOOK, ensure_ascii=False, indent=1).encode())
    shared.share_many(folder / name for name in EXPORT_FILES)


def _comparison_rows(digest_of: dict[uuid.UUID, str], until: int) -> Iterator[dict[str, Any]]:
    rows = (
        Comparison.objects.filter(pk__lte=until)
        .select_related("trial__enrolment", "trial__repeats__comparison")
        .prefetch_related("trial__clips")
        .order_by("pk")
    )
    for row in rows.iterator(chunk_size=5_000):
        if row.listener_id not in digest_of:
            continue
        left, right = row.trial.clips.all()
        repeated = getattr(row.trial.repeats, "comparison", None) if row.trial.repeats_id else None
        yield {
            "id": row.pk,
            "day": row.answered_at.date().isoformat(),
            "listener": digest_of[row.listener_id],
            "session": row.trial.session_digest,
            "training": row.trial.enrolment.training,
            "client_version": row.trial.enrolment.client_version,
            "order": row.trial.number,
            "left_system": row.left_system,
            "right_system": row.right_system,
            "left_song": row.left_song_id or 0,
            "right_song": row.right_song_id or 0,
            "outcome": row.outcome,
            "reasons": row.reasons,
            "draw_probability": row.trial.draw_probability,
            "pair_count": row.trial.pair_count,
            "weight": row.weight,
            "check": row.check_kind,
            "passed": row.passed,
            "repeats": repeated.pk if repeated else None,
            "heard_left": round(left.heard_seconds, 2),
            "heard_right": round(right.heard_seconds, 2),
            "plays_left": left.plays,
            "plays_right": right.plays,
        }


def _guess_rows(digest_of: dict[uuid.UUID, str], until: int) -> Iterator[dict[str, Any]]:
    rows = Verdict.objects.filter(pk__lte=until).select_related("trial__enrolment")
    for row in rows.prefetch_related("trial__clips").order_by("pk").iterator(chunk_size=5_000):
        if row.listener_id not in digest_of:
            continue
        clip = row.trial.clips.all()[0]
        yield {
            "id": row.pk,
            "day": row.answered_at.date().isoformat(),
            "listener": digest_of[row.listener_id],
            "session": row.trial.session_digest,
            "training": row.trial.enrolment.training,
            "client_version": row.trial.enrolment.client_version,
            "order": row.trial.number,
            "system": row.system,
            "song": row.song_id or 0,
            "said_human": row.said_human,
            "knew_it": row.knew_it,
            "heard": round(clip.heard_seconds, 2),
            "plays": clip.plays,
        }


def _csv(rows: list[dict[str, Any]]) -> bytes:
    """Rows as CSV; texts that a spreadsheet would run as a formula are disarmed."""
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return " ".join(map(str, value))
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value
