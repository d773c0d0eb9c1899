"""How much of a song stands note for note in the music a network learned from, and where.

Music is compared as steps from note to note (see `musicgen.statistics.steps`), so a copy in
another key or at another tempo is found too. Every composer repeats others by chance; how much
is usual, real pieces say that the network has not learned from.
Source: Yin et al. 2022, "Measuring when a music generation algorithm copies too much".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from musicgen.score import Int64Array, Score
from musicgen.statistics.steps import Steps, steps_of
from musicgen.statistics.suffixes import END, Codes, Places, SuffixSearch, suffix_array

FIGURE_STEPS: Final = 16  # in the figures that are counted: from the first to the seventeenth note
FLAGGED_RUN: Final = 24  # notes; a run of so many is no chance, whatever is usual
SAME_PIECE_PERCENT: Final = 50.0  # of shared figures, from which two pieces are editions of one
BASELINE_PERCENTILE: Final = 95.0
LEAST_BASELINE_SONGS: Final = 20  # fewer have no 95th percentile
_MOST_PLACES: Final = 1_000_000  # looked up at once, about 50 MB


@dataclass(frozen=True, slots=True)
class Passage:
    """The longest run of notes that a song shares with a piece, the first of several.

    Attributes:
        piece: the piece's name.
        notes: how many, one after another.
        piece_bar: the bar of the piece in which it begins, from 1 on.
        piece_note: the note of the piece with which it begins, from 1 on.
        song_bar: the bar of the song in which it begins.
        song_note: the note of the song with which it begins.
    """

    piece: str
    notes: int
    piece_bar: int
    piece_note: int
    song_bar: int
    song_note: int


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is usual among real pieces that are not in the index.

    Attributes:
        songs: how many were measured.
        shared_percent: 95th percentile of `CopyReport.shared_percent`.
        run_notes: 95th percentile of the longest run.
    """

    songs: int
    shared_percent: float
    run_notes: float


@dataclass(frozen=True, slots=True)
class CopyReport:
    """What a song shares with the pieces of an index.

    Attributes:
        shared_percent: share of the song's figures of 16 steps that stand in one piece, the one
            that shares most, 0–100; None for a song without such a figure.
        shared_piece: that piece's name; empty where nothing is shared.
        passage: the nearest passage; None where not even one step is shared.
        baseline: what is usual; None where too few real pieces were set aside.
        reasons: why the song is flagged, for people; empty if it is not.
    """

    shared_percent: float | None
    shared_piece: str
    passage: Passage | None
    baseline: Baseline | None
    reasons: tuple[str, ...]

    @property
    def flagged(self) -> bool:
        """Whether the song shares more than is usual."""
        return bool(self.reasons)

    def to_json(self) -> dict[str, Any]:
        """Every attribute by name, and whether the song is flagged."""
        return {**asdict(self), "flagged": self.flagged}


@dataclass(frozen=True, slots=True, eq=False)
class CopyIndex:
    """The pieces to compare with; the arrays may lie on disk.

    Attributes:
        names: of the pieces.
        text: uint16 (notes,): the steps of all pieces, each closed by `END` in its last note's
            place.
        order: int32 (notes,): the suffix array of the text.
        bars: float32 (notes,): where each note stands, in bars from its piece's beginning.
        offsets: int64 (pieces + 1,): where each piece begins in these arrays.
        baseline: of real pieces; without one, only long runs are flagged.
    """

    names: Sequence[str]
    text: Codes
    order: Places
    bars: npt.NDArray[np.float32]
    offsets: Int64Array
    baseline: Baseline | None = None

    @classmethod
    def of(cls, pieces: Sequence[tuple[str, Steps]]) -> CopyIndex:
        """An index of pieces by name; those without notes are left out.

        Takes seconds and about 500 MB for 10 million notes, longer for music that repeats itself much.
        """
        kept = [(name, steps) for name, steps in pieces if len(steps.bars)]
        end = np.array([END], np.uint16)
        text = np.concatenate([end[:0], *(part for _, steps in kept for part in (steps.codes, end))])
        bars = np.concatenate([np.zeros(0, np.float32), *(steps.bars for _, steps in kept)])
        offsets = np.zeros(len(kept) + 1, np.int64)
        np.cumsum([len(steps.bars) for _, steps in kept], out=offsets[1:])
        return cls([name for name, _ in kept], text, suffix_array(text), bars, offsets)

    def report(self, score: Score) -> CopyReport:
        """Compare a song with all pieces."""
        return self.report_of(steps_of(score))

    def report_of(self, steps: Steps) -> CopyReport:
        """The same from the song's steps."""
        search = SuffixSearch(self.text, self.order)
        shared, piece = self._shared(search, steps.codes)
        passage = self._passage(search, steps)
        reasons = []
        if passage and passage.notes >= FLAGGED_RUN:
            reasons.append(f"{passage.notes} notes in a row are those of {passage.piece}")
        if self.baseline and shared is not None and shared > self.baseline.shared_percent:
            reasons.append(
                f"{shared:.1f} % of its figures stand in {piece}, more than the "
                f"{self.baseline.shared_percent:.1f} % that are usual among real pieces"
            )
        return CopyReport(shared, piece, passage, self.baseline, tuple(reasons))

    def measured_baseline(self, held_out: Sequence[Steps]) -> Baseline | None:
        """What real pieces that are not in the index share with it; None of too few of them.

        Other editions of a piece in the index are left out: they say nothing of chance.
        """
        measured = [self.report_of(steps) for steps in held_out]
        reports = [
            report
            for report in measured
            if report.shared_percent is not None and report.shared_percent < SAME_PIECE_PERCENT
        ]
        shares = [report.shared_percent for report in reports if report.shared_percent is not None]
        if len(shares) < LEAST_BASELINE_SONGS:
            return None
        runs = [report.passage.notes if report.passage else 0 for report in reports]
        return Baseline(
            songs=len(shares),
            shared_percent=float(np.percentile(shares, BASELINE_PERCENTILE)),
            run_notes=float(np.percentile(runs, BASELINE_PERCENTILE)),
        )

    def _shared(self, search: SuffixSearch, codes: Codes) -> tuple[float | None, str]:
        """Share of the figures that stand in one piece, percent, and that piece's name."""
        if len(codes) < FIGURE_STEPS:
            return None, ""
        first, after = search.figures(codes, FIGURE_STEPS)
        figures = len(first)
        found = after > first
        # A figure that comes often in the song is looked up once and counted as often.
        first, chosen, times = np.unique(first[found], return_index=True, return_counts=True)
        after = after[found][chosen]
        counts = np.zeros(len(self.names))
        batch = np.cumsum(after - first) // _MOST_PLACES
        for number in np.unique(batch).tolist():
            of_batch = batch == number
            which, places = search.places(first[of_batch], after[of_batch])
            pieces = np.searchsorted(self.offsets, places, side="right") - 1
            once = np.unique(which * len(self.names) + pieces)
            weights = times[of_batch][once // len(self.names)]
            counts += np.bincount(once % len(self.names), weights, minlength=len(self.names))
        if not counts.any():
            return 0.0, ""
        most = int(counts.argmax())
        return 100.0 * float(counts[most]) / figures, self.names[most]

    def _passage(self, search: SuffixSearch, steps: Steps) -> Passage | None:
        length, in_song, in_text = search.longest_match(steps.codes)
        if not length:
            return None
        piece = int(np.searchsorted(self.offsets, in_text, side="right")) - 1
        return Passage(
            piece=self.names[piece],
            notes=length + 1,
            piece_bar=int(self.bars[in_text]) + 1,
            piece_note=in_text - int(self.offsets[piece]) + 1,
            song_bar=int(steps.bars[in_song]) + 1,
            song_note=in_song + 1,
        )
