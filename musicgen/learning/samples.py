"""Short pieces made at each evaluation of a training: measured beside the data, and kept as MIDI.

Who composes them, and who writes MIDI, comes in from outside, so that a training needs neither the
sampling engine nor a MIDI library. Nothing here is carried on from one evaluation to the next: a
training with samples learns exactly what one without them learns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np

from musicgen.learning.durable import write_folder
from musicgen.learning.streams import Piece
from musicgen.learning.tone_quality import Quartiles, distance, quartiles, rows_inside
from musicgen.representation import Vocabulary
from musicgen.score import Notes, Score

SAMPLE_NOTES: Final = 100  # of a sample, and of the beginnings of real pieces beside them
KEPT: Final = 8  # samples kept of an evaluation
_REAL_PIECES: Final = 32  # whose beginnings stand beside the samples

MidiWriter = Callable[[Score], bytes]


@dataclass(frozen=True, slots=True)
class Sampling:
    """What a training needs to make samples on its way.

    Attributes:
        composer: of a network and its vocabulary, gives what composes so many pieces of about
            `SAMPLE_NOTES` notes from the seeds that follow one: (count, seed) → scores. The
            network's weights change between two calls.
        to_midi: a score as the bytes of a MIDI file.
    """

    composer: Callable[[Any, Vocabulary], Callable[[int, int], Sequence[Score]]]
    to_midi: MidiWriter


@dataclass(frozen=True, slots=True)
class JudgedSamples:
    """How samples compare with the data.

    Attributes:
        samples, data: quartiles of each row, over samples and over the beginnings of pieces.
        distance: of the medians, in interquartile ranges of the data; see `tone_quality.distance`.
        rows_inside: how many rows of the samples have their median between the data's quartiles.
    """

    samples: Quartiles
    data: Quartiles
    distance: float
    rows_inside: int


class SampleJudge:
    """Has a network compose, and sets what comes of it beside real pieces.

    Args:
        compose: gives so many scores from a seed on.
        pieces: held-out pieces, as tokens.
        vocabulary: to read them with.
        count: samples at each evaluation.
        seed: of the first.
    """

    def __init__(
        self,
        compose: Callable[[int, int], Sequence[Score]],
        pieces: Sequence[Piece],
        vocabulary: Vocabulary,
        *,
        count: int,
        seed: int,
    ) -> None:
        self._compose = compose
        self._pieces = pieces
        self._vocabulary = vocabulary
        self._count = count
        self._seed = seed

    def judged(self) -> tuple[JudgedSamples, list[Score]]:
        """Samples of the network as it is now, beside the data; and the samples themselves."""
        made = list(self._compose(self._count, self._seed))
        rows = quartiles(first_notes(score, SAMPLE_NOTES) for score in made)
        judged = JudgedSamples(
            samples=rows,
            data=self._data,
            distance=distance(rows, self._data),
            rows_inside=len(rows_inside(rows, self._data)),
        )
        return judged, made

    @cached_property
    def _data(self) -> Quartiles:
        pieces = (self._pieces[index] for index in range(min(_REAL_PIECES, len(self._pieces))))
        scores = (self._vocabulary.decode(np.asarray(piece, np.int32)) for piece in pieces)
        return quartiles(first_notes(score, SAMPLE_NOTES) for score in scores)


def keep_samples(folder: Path, scores: Sequence[Score], to_midi: MidiWriter) -> None:
    """Write the first samples of an evaluation as 1.mid, 2.mid …, all or none.

    Args:
        folder: of this evaluation, as `RunFolder.sample_folder` names it.
        scores: the samples.
        to_midi: a score as bytes.
    """
    files = {f"{number}.mid": to_midi(score) for number, score in enumerate(scores[:KEPT], start=1)}
    write_folder(folder, files)


def first_notes(score: Score, count: int) -> Score:
    """The notes that start first, over all parts; what starts together with the last of them stays."""
    starts = np.sort(np.concatenate([[], *(part.notes.start_ticks for part in score.parts)]))
    if len(starts) <= count:
        return score
    kept = (replace(part, notes=_until(part.notes, int(starts[count - 1]))) for part in score.parts)
    return replace(score, parts=tuple(kept))


def _until(notes: Notes, tick: int) -> Notes:
    count = int(np.searchsorted(notes.start_ticks, tick, side="right"))
    columns = (notes.start_ticks, notes.pitch, notes.duration_ticks, notes.velocity, notes.cents)
    return Notes(*(column[:count] for column in columns))
