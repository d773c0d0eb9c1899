"""What a reader had to put right in a file, and what reading gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from musicgen.score import Score

RepairKind = Literal[
    "wrapper",  # bytes of another format before the MIDI file
    "header_length",
    "track_count",
    "track_length",
    "end_of_track",  # missing
    "broken_track",  # what follows the damage is left out
    "hanging_notes",  # struck, never ended
    "sequences",  # format 2: one after the other
]


@dataclass(frozen=True, slots=True)
class Repair:
    """One thing put right.

    Attributes:
        kind: for counting.
        what: a sentence for people, with the byte or track.
    """

    kind: RepairKind
    what: str


@dataclass(frozen=True, slots=True)
class ReadResult:
    """A score and what had to be done to get it.

    Attributes:
        score: what the file says.
        repairs: in the order of the file; empty for a file that is as it should be.
        reader: "symusic" for its parser in C++, "own" for the careful one.
    """

    score: Score
    repairs: tuple[Repair, ...]
    reader: Literal["symusic", "own"]
