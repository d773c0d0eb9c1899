"""A verdict on every file of a source: taken, duplicate or refused, and why."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from musicgen.corpus.fingerprint import fingerprint
from musicgen.corpus.sources import LARGE_ARCHIVE_LIMITS, SourceFile, open_source
from musicgen.midi import MidiError, MidiLimits, read_midi
from musicgen.score import Score

TAKEN: Final = "taken"
DUPLICATE: Final = "duplicate"
REFUSED: Final = "refused"

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class JudgedFile:
    """One file and its verdict.

    Attributes:
        name: within the source.
        sha256: of its bytes, in hex; of a file beyond the size limit, of its beginning.
        verdict: "taken", "duplicate" or "refused".
        reason: why it is not taken, for people; empty if it is.
        notes: read in it, 0 if refused.
        seconds: that it lasts, 0 if refused.
        fingerprint: of its notes; empty if refused.
        score: the piece if it is taken, otherwise None.
    """

    name: str
    sha256: str
    verdict: str
    reason: str = ""
    notes: int = 0
    seconds: float = 0.0
    fingerprint: str = ""
    score: Score | None = None


def judge(source: Path, limits: MidiLimits, on_progress: Progress | None = None) -> list[JudgedFile]:
    """All of `judged_files` at once."""
    return list(judged_files(source, limits, on_progress))


def judged_files(
    source: Path, limits: MidiLimits, on_progress: Progress | None = None
) -> Iterator[JudgedFile]:
    """Read every file of a folder, archive or single file, in the source's order.

    Of equal files, and of files with equal notes, the first is taken.

    Args:
        source: see `open_source`.
        limits: for each file.
        on_progress: told (done, total) after each file.

    Raises:
        CorpusError, ArchiveError: see `open_source`.
    """
    name_of: dict[str, str] = {}  # of hashes and fingerprints met before
    with open_source(source, replace(LARGE_ARCHIVE_LIMITS, max_file_bytes=limits.max_bytes)) as opened:
        for done, file in enumerate(opened, start=1):
            yield _judge_file(file, limits, name_of)
            if on_progress:
                on_progress(done, len(opened.names))


def _judge_file(file: SourceFile, limits: MidiLimits, name_of: dict[str, str]) -> JudgedFile:
    sha256 = hashlib.sha256(file.data).hexdigest()
    try:
        score = read_midi(file.data, limits)
    except MidiError as error:
        return JudgedFile(file.name, sha256, REFUSED, str(error))
    if not any(len(part.notes) and not part.is_drum for part in score.parts):
        what = "only drums" if score.note_count else "no notes"
        return JudgedFile(
            file.name, sha256, REFUSED, f"The file holds {what}; there is nothing to learn in it."
        )
    key = fingerprint(score)
    for known, likeness in ((sha256, "The same file as"), (key, "The same notes as")):
        if known in name_of:
            reason = f"{likeness} {name_of[known]}."
            return JudgedFile(
                file.name, sha256, DUPLICATE, reason, score.note_count, score.duration_seconds, key
            )
    name_of[sha256] = name_of[key] = file.name
    return JudgedFile(file.name, sha256, TAKEN, "", score.note_count, score.duration_seconds, key, score)
