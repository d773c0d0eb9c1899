"""Notes as they come: which notes of a growing piece can no longer change. Knows scores only."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from musicgen.score import Score


class StreamedNote(NamedTuple):
    """A note as a listener needs it.

    Attributes:
        start_seconds: onset, from the beginning of the piece.
        duration_seconds: > 0.
        pitch: MIDI number 0–127.
        cents: offset from the pitch, in cents.
        velocity: MIDI velocity 1–127.
        program: General MIDI program 0–127.
        is_drum: whether the pitch names a percussion instrument.
    """

    start_seconds: float
    duration_seconds: float
    pitch: int
    cents: float
    velocity: int
    program: int
    is_drum: bool


def streamed_notes(score: Score, first: int = 0, *, before_ticks: int | None = None) -> list[StreamedNote]:
    """The notes of a score in the order in which they are streamed: by onset, part and pitch.

    Args:
        score: the piece.
        first: how many to leave out at the front.
        before_ticks: leave out those that start there or later.
    """
    rows = []
    for part in score.parts:
        notes = part.notes
        count = len(notes)
        if before_ticks is not None:
            count = int(np.searchsorted(notes.start_ticks, before_ticks, side="left"))
        begins = score.seconds_at(notes.start_ticks[:count])
        ends = score.seconds_at(notes.end_ticks[:count])
        columns = (notes.start_ticks, notes.pitch, notes.duration_ticks, notes.velocity, notes.cents)
        rows += [
            (start, part.is_drum, part.program, pitch, duration, velocity, cents, begin, end - begin)
            for start, pitch, duration, velocity, cents, begin, end in zip(
                *(column[:count].tolist() for column in columns), begins.tolist(), ends.tolist(), strict=True
            )
        ]
    rows.sort()
    return [
        StreamedNote(begin, length, pitch, cents, velocity, program, is_drum)
        for _, is_drum, program, pitch, _, velocity, cents, begin, length in rows[first:]
    ]


class NoteStream:
    """Hands out the notes of a piece that grows, each once and none before it is final."""

    def __init__(self) -> None:
        self.count = 0

    def grown(self, score: Score, *, is_whole: bool, final_before: int | None = None) -> list[StreamedNote]:
        """The notes that have become final.

        Args:
            score: what there is of the piece, decoded from tokens that stay.
            is_whole: whether nothing more comes.
            final_before: the tick before which nothing more comes; if left out, the start of the
                last note, because pieces are written from beginning to end.
        """
        last = last_start(score) if final_before is None else final_before
        notes = streamed_notes(score, self.count, before_ticks=None if is_whole else last)
        self.count += len(notes)
        return notes


def last_start(score: Score) -> int:
    """The tick at which the last note starts; −1 without notes."""
    starts = [int(part.notes.start_ticks[-1]) for part in score.parts if len(part.notes)]
    return max(starts, default=-1)
