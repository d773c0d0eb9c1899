"""More music out of the same: other keys, tempi and loudness, drawn anew for every epoch.

Works on tokens of any kind through their own `decode` and `encode`, so that what comes out is
written as the vocabulary writes it, and on continuous tones directly. Needs no MIDI library.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from musicgen.corpus.errors import CorpusError
from musicgen.corpus.reader import Pieces, ValueArray
from musicgen.representation import Tones, Vocabulary
from musicgen.score import DEFAULT_TEMPO_BPM, Notes, Score, TempoChange

_ROUNDING: Final = 1e-3  # semitones; float32 moves a tone by less, also out of its own range


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far a piece may be changed; each amount is drawn evenly, for each piece and epoch.

    Attributes:
        semitones: at most so many up or down, as far as all pitches stay within MIDI's range.
        stretch: at most so many times as slow or as fast, ≥ 1 (drawn evenly in its logarithm).
        velocity: at most so much louder or softer, within MIDI's range.
    """

    semitones: int = 0
    stretch: float = 1.0
    velocity: int = 0

    def __post_init__(self) -> None:
        if self.semitones < 0 or self.stretch < 1 or self.velocity < 0:
            raise CorpusError("Semitones and velocity are 0 or more, and a stretch is 1 or more.")

    def of_score(self, score: Score, generator: np.random.Generator) -> Score:
        """The piece, changed by amounts that the generator draws."""
        pitches = score.all_notes(drums=False).pitch
        lowest, highest = (int(pitches.min()), int(pitches.max())) if len(pitches) else (0, 127)
        semitones = generator.integers(
            max(-self.semitones, -lowest), min(self.semitones, 127 - highest), endpoint=True
        )
        factor = math.exp(generator.uniform(-1, 1) * math.log(self.stretch))
        louder = generator.integers(-self.velocity, self.velocity, endpoint=True)
        parts = tuple(
            replace(part, notes=_changed(part.notes, 0 if part.is_drum else int(semitones), int(louder)))
            for part in score.parts
        )
        tempos = score.tempos or (TempoChange(0, DEFAULT_TEMPO_BPM),)
        faster = tuple(tempo._replace(tempo_bpm=tempo.tempo_bpm * factor) for tempo in tempos)
        return replace(score, parts=parts, tempos=faster)

    def of_pieces(self, pieces: Pieces, vocabulary: Vocabulary, *, seed: int, epoch: int) -> Pieces:
        """All pieces of a split as one epoch shall see them, in memory.

        Args:
            pieces: of the split.
            vocabulary: in which they are written.
            seed: with the epoch and the piece's place it decides what is drawn.
            epoch: 0 is the first.
        """
        changed = []
        for place in range(len(pieces)):
            generator = np.random.default_rng([seed, epoch, place])
            score = vocabulary.decode(pieces[place].astype(np.int32))
            changed.append(vocabulary.encode(self.of_score(score, generator)))
        offsets = np.zeros(len(changed) + 1, np.int64)
        np.cumsum([len(tokens) for tokens in changed], out=offsets[1:])
        return Pieces(np.concatenate([np.zeros(0, np.int32), *changed]), offsets)

    def of_cells(self, cells: ValueArray, tones: Tones, generator: np.random.Generator) -> ValueArray:
        """Continuous tones, changed by amounts that the generator draws.

        Pitches stay within the range of the corpus, times within its longest.

        Args:
            cells: float32 (cells, features) of a piece or a window of one.
            tones: their scaling.
            generator: of this window.

        Returns:
            The same shape; `cells` itself where nothing is to be changed.
        """
        if self == Augmentation():
            return cells
        lowest, highest = tones.pitch_range(cells)
        semitones = generator.integers(
            math.ceil(max(-self.semitones, tones.scaling.lowest - lowest) - _ROUNDING),
            math.floor(min(self.semitones, tones.scaling.highest - highest) + _ROUNDING),
            endpoint=True,
        )
        factor = math.exp(generator.uniform(-1, 1) * math.log(self.stretch))
        louder = generator.integers(-self.velocity, self.velocity, endpoint=True)
        return tones.changed(cells, semitones=int(semitones), slower=factor, louder=int(louder))


def _changed(notes: Notes, semitones: int, louder: int) -> Notes:
    velocity = np.clip(notes.velocity + louder, 1, 127)
    return Notes(notes.start_ticks, notes.pitch + semitones, notes.duration_ticks, velocity, notes.cents)
