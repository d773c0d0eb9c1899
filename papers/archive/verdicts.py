"""What listeners said of the songs of an archive, in the words of the published export and naming nobody."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Final

from django.db.models import Q

from generator.models import Song
from listening.codebook import CODEBOOK, STUDY_CODEBOOK
from listening.models import Comparison, Exclusion, Rating, Study, Verdict
from listening.selectors.digest import listener_digest
from listening.selectors.studies import study_result, study_rows
from papers.archive.tables import Table, as_csv

_AT_ONCE: Final = 500  # songs in one question to the database
_HEADS: Final = {
    "comparisons": (
        *("id", "day", "listener", "excluded", "left_system", "right_system", "left_song", "right_song"),
        *("outcome", "reasons", "weight", "check", "passed"),
    ),
    "guesses": ("id", "day", "listener", "excluded", "system", "song", "said_human", "knew_it"),
    "ratings": ("song", "listener", "excluded", "stars", "coherence", "melody", "rhythm"),
}


def verdict_files(songs: Sequence[Song]) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file; none if nobody said anything."""
    apart = set(Exclusion.objects.filter(is_active=True).values_list("listener_id", flat=True))
    numbers = [song.pk for song in songs]
    rows = {
        "comparisons": [_comparison(row, row.listener_id in apart) for row in _comparisons(numbers)],
        "guesses": [_guess(row, row.listener_id in apart) for row in _guesses(numbers)],
        "ratings": [_rating(row, row.listener_id in apart) for row in _ratings(numbers)],
    }
    for name, told in rows.items():
        if told:
            yield f"verdicts/{name}.csv", as_csv(Table(_HEADS[name], told, ()))
    if any(rows.values()):
        known = {name: words for name, words in CODEBOOK.items() if name in (*rows, "listeners")}
        yield "verdicts/codebook.json", json.dumps(known, ensure_ascii=False, indent=1).encode()


def study_files(studies: Sequence[Study]) -> Iterator[tuple[str, bytes]]:
    """Each study's answers, and what was asked and came of it."""
    for study in studies:
        rows = study_rows(study)
        names = tuple(STUDY_CODEBOOK)
        yield (
            f"studies/{study.pk}.csv",
            as_csv(Table(names, [[row[name] for name in names] for row in rows], ())),
        )
        asked = ("title", "method", "question", "consent_text", "trials_each", "check_every")
        told = {
            "study": {name: getattr(study, name) for name in asked},
            "codebook": STUDY_CODEBOOK,
            "result": asdict(study_result(study)),
        }
        yield f"studies/{study.pk}.json", json.dumps(told, ensure_ascii=False, indent=1, default=str).encode()


def _parts(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    return (numbers[begin : begin + _AT_ONCE] for begin in range(0, len(numbers), _AT_ONCE))


def _comparisons(numbers: Sequence[int]) -> list[Comparison]:
    found: dict[int, Comparison] = {}
    for part in _parts(numbers):
        rows = Comparison.objects.filter(Q(left_song__in=part) | Q(right_song__in=part))
        found |= {row.pk: row for row in rows}
    return [found[key] for key in sorted(found)]


def _guesses(numbers: Sequence[int]) -> list[Verdict]:
    found = [row for part in _parts(numbers) for row in Verdict.objects.filter(song__in=part)]
    return sorted(found, key=lambda row: row.pk)


def _ratings(numbers: Sequence[int]) -> list[Rating]:
    found = [row for part in _parts(numbers) for row in Rating.objects.filter(song__in=part)]
    return sorted(found, key=lambda row: row.pk)


def _comparison(row: Comparison, excluded: bool) -> Sequence[Any]:
    return (
        *(row.pk, row.answered_at.date().isoformat(), listener_digest(row.listener_id), excluded),
        *(row.left_system, row.right_system, row.left_song_id, row.right_song_id),
        *(row.outcome, " ".join(row.reasons), row.weight, row.check_kind, row.passed),
    )


def _guess(row: Verdict, excluded: bool) -> Sequence[Any]:
    return (
        *(row.pk, row.answered_at.date().isoformat(), listener_digest(row.listener_id), excluded),
        *(row.system, row.song_id, row.said_human, row.knew_it),
    )


def _rating(row: Rating, excluded: bool) -> Sequence[Any]:
    said = (row.stars, row.coherence, row.melody, row.rhythm)
    return (row.song_id, listener_digest(row.listener_id), excluded, *said)
