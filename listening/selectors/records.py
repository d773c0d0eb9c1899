"""All that listeners said, gathered for the analysis, bit by bit: only what is new is read.

What has been read is kept in a file of columns, which can be thrown away: it is made anew from the
database. Knows NumPy; only for jobs.
"""

import contextlib
import io
import uuid
from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from accounts.models import Listener
from listening.models import Comparison, Exclusion, Rating, Verdict
from listening.models.excerpt import CHECKPOINT, RANDOM, REAL, system_of
from listening.selectors.digest import listener_digest
from listening.selectors.snapshot import snapshot_path
from musicgen.learning.durable import write_file
from musicgen.statistics.judgment.export import OUTCOMES
from musicgen.statistics.judgment.records import Comparisons, Records
from training import shared
from training.models import Checkpoint
from training.trainings import NETWORK_TITLES

_COLUMNS: Final = ("left", "right", "left_song", "right_song", "outcome", "listener", "weight")
_TYPES: Final = ("int32", "int32", "int64", "int64", "int8", "int32", "float64")
_CHUNK: Final = 100_000


def system_facts(keys: Iterable[str]) -> dict[str, dict[str, str]]:
    """Label and groups of systems, by key."""
    slugs = [key.removeprefix(CHECKPOINT) for key in keys if key.startswith(CHECKPOINT)]
    known = {
        f"{CHECKPOINT}{checkpoint.slug}": checkpoint
        for checkpoint in Checkpoint.objects.filter(slug__in=slugs).select_related("dataset", "run")
    }
    anchors = {REAL: "Real music", RANDOM: "Random notes"}
    found = {}
    for key in sorted(keys):
        checkpoint = known.get(key)
        if checkpoint is None:
            groups = {"network": key, "dataset": key, "representation": key, "step": ""}
            found[key] = {"label": anchors.get(key, key), "checkpoint": key, **groups}
        else:
            found[key] = {
                "label": checkpoint.label,
                "checkpoint": key,
                "network": NETWORK_TITLES.get(checkpoint.network, checkpoint.network),
                "dataset": str(checkpoint.dataset) if checkpoint.dataset else "not told",
                "representation": checkpoint.representation,
                "step": str(checkpoint.step),
            }
    return found


def gather_records(until: dict[str, Any]) -> tuple[Records, dict[str, uuid.UUID]]:
    """Everything up to the newest rows that `until` names (see `leaderboard_news`).

    Returns:
        The records, and the listener behind each digest.
    """
    columns, names = _comparisons(until.get("comparison") or 0)
    guesses = list(
        Verdict.objects.filter(pk__lte=until.get("verdict") or 0, knew_it=False).values_list(
            "listener_id", "system", "said_human"
        )
    )
    ratings = Rating.objects.select_related("song__checkpoint").order_by("pk")
    stars = [(row.listener_id, system_of(row.song), row.stars) for row in ratings]
    people = {uuid.UUID(hex=name) for name in names["listener"]}
    people |= {row[0] for row in guesses} | {row[0] for row in stars}
    by_digest = {listener_digest(person): person for person in people}
    digests = sorted(by_digest)
    place = {digest: index for index, digest in enumerate(digests)}
    placed = {person: place[digest] for digest, person in by_digest.items()}
    keys = sorted({*names["system"], *(row[1] for row in guesses), *(row[1] for row in stars)})
    system_place = {key: index for index, key in enumerate(keys)}
    recode = np.array([system_place[key] for key in names["system"]], np.int32)
    relisten = np.array([placed[uuid.UUID(hex=name)] for name in names["listener"]], np.int32)
    counted = Comparisons(
        left=recode[columns["left"]],
        right=recode[columns["right"]],
        left_song=columns["left_song"],
        right_song=columns["right_song"],
        outcome=columns["outcome"],
        listener=relisten[columns["listener"]],
        weight=columns["weight"],
    )
    apart = set(Exclusion.objects.filter(is_active=True).values_list("listener_id", flat=True))
    known = set(Listener.objects.filter(user__isnull=False).values_list("pk", flat=True))
    records = Records(
        systems=system_facts(keys),
        listeners=digests,
        excluded=np.array([by_digest[digest] in apart for digest in digests], bool),
        anonymous=np.array([by_digest[digest] not in known for digest in digests], bool),
        comparisons=counted,
        repeats=[
            (placed[person], int(OUTCOMES[first]), int(OUTCOMES[again]))
            for person, first, again in _repeats(until.get("comparison") or 0)
            if person in placed
        ],
        guesses=[(placed[person], system, human) for person, system, human in guesses],
        stars=[(placed[person], system, given) for person, system, given in stars],
    )
    return records, by_digest


def _repeats(until: int) -> list[tuple[uuid.UUID, str, str]]:
    rows = Comparison.objects.filter(
        pk__lte=until, check_kind="repeat", trial__repeats__comparison__isnull=False
    )
    return list(rows.values_list("listener_id", "trial__repeats__comparison__outcome", "outcome"))


def _comparisons(until: int) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Columns of the comparisons that count, and the names behind their numbers."""
    columns, names, last = _read_snapshot()
    if Comparison.objects.filter(pk__lte=last, check_kind="").count() != len(columns["left"]):
        columns, names, last = _nothing_read()  # somebody had their answers deleted
    codes = {kind: {name: code for code, name in enumerate(known)} for kind, known in names.items()}
    rows = Comparison.objects.filter(pk__gt=last, pk__lte=until, check_kind="").order_by("pk")
    fields = (
        "left_system",
        "right_system",
        "left_song_id",
        "right_song_id",
        "outcome",
        "listener_id",
        "weight",
    )
    parts: list[list[Any]] = []
    for row in rows.values_list(*fields).iterator(chunk_size=_CHUNK):
        left, right, left_song, right_song, outcome, listener, weight = row
        parts.append(
            [
                codes["system"].setdefault(left, len(codes["system"])),
                codes["system"].setdefault(right, len(codes["system"])),
                left_song or 0,
                right_song or 0,
                int(OUTCOMES[outcome]),
                codes["listener"].setdefault(listener.hex, len(codes["listener"])),
                weight,
            ]
        )
    if parts or until > last:
        fresh = list(zip(*parts, strict=True)) if parts else [() for _ in _COLUMNS]
        for name, kind, values in zip(_COLUMNS, _TYPES, fresh, strict=True):
            columns[name] = np.concatenate([columns[name], np.array(values, kind)])
        names = {kind: list(known) for kind, known in codes.items()}
        _write_snapshot(columns, names, until)
    return columns, names


def _read_snapshot() -> tuple[dict[str, Any], dict[str, list[str]], int]:
    with contextlib.suppress(OSError, ValueError, KeyError), np.load(snapshot_path()) as stored:
        columns = {name: stored[name] for name in _COLUMNS}
        names = {kind: stored[f"names_{kind}"].tolist() for kind in ("system", "listener")}
        return columns, names, int(stored["last"])
    return _nothing_read()


def _nothing_read() -> tuple[dict[str, Any], dict[str, list[str]], int]:
    empty = {name: np.zeros(0, kind) for name, kind in zip(_COLUMNS, _TYPES, strict=True)}
    return empty, {"system": [], "listener": []}, 0


def _write_snapshot(columns: dict[str, Any], names: dict[str, list[str]], last: int) -> None:
    if shared.is_sharing():
        return  # whoever deletes what they answered does so on another machine, and could not reach it
    stored: dict[str, Any] = {f"names_{kind}": np.array(known, dtype=str) for kind, known in names.items()}
    buffer = io.BytesIO()
    np.savez(buffer, **{**columns, **stored, "last": np.array(last)})
    snapshot_path().parent.mkdir(parents=True, exist_ok=True)
    write_file(snapshot_path(), buffer.getvalue())
