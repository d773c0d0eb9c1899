"""Pieces into tokens or tones: vocabulary from the train split, then every piece on its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import numpy as np

from musicgen.corpus.errors import CorpusError
from musicgen.corpus.reader import PieceArray, Shape
from musicgen.corpus.sources import SourceFile
from musicgen.corpus.workforce import Failure, worked
from musicgen.midi import MidiLimits, read_midi
from musicgen.representation import EventVocabulary, Tones, Vocabulary
from musicgen.score import Notes, Score
from musicgen.statistics.keys import MODES, TONICS, key_estimate


@dataclass(frozen=True, slots=True)
class Transposing:
    """In which keys the pieces of a corpus stand.

    Attributes:
        shifts: semitones by which each piece of the train split is copied, 0 among them.
        one_key: whether each piece is first brought to C major or A minor, by its estimated key.
    """

    shifts: Sequence[int] = (0,)
    one_key: bool = False

    def copies(self, score: Score, *, all_shifts: bool) -> Iterator[tuple[int, Score]]:
        """(semitones, score) of a piece in every transposition that it can take, or in its own alone.

        Semitones are counted from the piece as it is, so that what it was can be had again;
        drums stay as they are, because their pitches are instruments.
        """
        pitches = score.all_notes(drums=False).pitch
        low, high = int(pitches.min()), int(pitches.max())
        own = _to_one_key(score, low, high) if self.one_key else 0
        for shift in self.shifts if all_shifts else (0,):
            moved = own + shift
            if low + moved >= 0 and high + moved <= 127:
                yield moved, _transposed(score, moved) if moved else score


def _to_one_key(score: Score, low: int, high: int) -> int:
    """Semitones, −6 to 6 where all pitches then are MIDI's, to C major or A minor; 0 without a key."""
    key = key_estimate(score)
    if key is None:
        return 0
    tonic, mode = key.split()
    up = (TONICS.index("C" if mode == MODES[0] else "A") - TONICS.index(tonic)) % len(TONICS)
    nearest = sorted((up, up - len(TONICS)), key=abs)
    return next((shift for shift in nearest if low + shift >= 0 and high + shift <= 127), 0)


def _transposed(score: Score, semitones: int) -> Score:
    parts = tuple(
        part if part.is_drum else replace(part, notes=_moved(part.notes, semitones)) for part in score.parts
    )
    return replace(score, parts=parts)


def _moved(notes: Notes, semitones: int) -> Notes:
    return Notes(
        notes.start_ticks, notes.pitch + semitones, notes.duration_ticks, notes.velocity, notes.cents
    )


@dataclass(frozen=True, slots=True)
class _Encoder:
    """What a worker does with a file: all its copies as tokens or cells."""

    representation: Vocabulary | Tones
    limits: MidiLimits
    transposing: Transposing
    train: frozenset[str]  # names of the files that are copied in all shifts
    styles: Mapping[str, str]  # by name of the file; those left out have none of their own

    def __call__(self, file: SourceFile) -> list[tuple[int, PieceArray]]:
        score = read_midi(file.data, self.limits)
        copies = self.transposing.copies(score, all_shifts=file.name in self.train)
        return [(shift, self._encoded(moved, file.name)) for shift, moved in copies]

    def _encoded(self, score: Score, name: str) -> PieceArray:
        if isinstance(self.representation, EventVocabulary):
            return self.representation.encode(score, style=self.styles.get(name))
        return self.representation.encode(score)


class Encoded:
    """Encoded pieces, waiting on disk until they are put in order.

    Args:
        file: open for writing and reading; pieces lie in it as they came.
        shape: of their rows.
        places: of pieces that are in the file already.

    Attributes:
        places: (semitones, offset, length) of the pieces of each file, by its name.
    """

    def __init__(
        self, file: IO[bytes], shape: Shape, places: Mapping[str, Sequence[Sequence[int]]] | None = None
    ) -> None:
        self._file = file
        self._shape = shape
        self.places: dict[str, list[Sequence[int]]] = {
            name: list(listed) for name, listed in (places or {}).items()
        }

    def add(self, name: str, pieces: Iterable[tuple[int, PieceArray]]) -> None:
        """Keep the pieces of a file."""
        places = self.places.setdefault(name, [])
        for shift, rows in pieces:
            places.append((shift, self._file.tell(), len(rows)))
            self._file.write(rows.astype(self._shape.dtype).tobytes())

    def listed(self, names: Iterable[str]) -> list[tuple[str, int, int]]:
        """(name, semitones, length) of every piece of some files, in their order."""
        return [(name, shift, length) for name in names for shift, _, length in self.places[name]]

    def pieces(self, names: Iterable[str]) -> Iterator[PieceArray]:
        """The pieces themselves, in the same order."""
        for name in names:
            for _, offset, length in self.places[name]:
                self._file.seek(offset)
                content = self._file.read(self._shape.row_bytes * length)
                yield np.frombuffer(content, self._shape.dtype).reshape(length, *self._shape.columns)


def encode_files(
    files: Iterable[SourceFile],
    representation: Vocabulary | Tones,
    *,
    limits: MidiLimits,
    transposing: Transposing,
    train: frozenset[str],
    styles: Mapping[str, str],
    processes: int,
) -> Iterator[tuple[str, list[tuple[int, PieceArray]]]]:
    """Name and encoded pieces of every file, with its transposed copies, as they are ready.

    Raises:
        CorpusError: a worker died over a file that was read before: the machine is at its limits.
    """
    encoder = _Encoder(representation, limits, transposing, train, styles)
    for file, result in worked(encoder, files, processes):
        if isinstance(result, Failure):
            raise _worn_out(file, result)
        yield file.name, result


@dataclass(frozen=True, slots=True)
class _ScoreReader:
    """What a worker does with a file whose chords are to be counted."""

    limits: MidiLimits

    def __call__(self, file: SourceFile) -> Score:
        return read_midi(file.data, self.limits)


def train_scores(
    files: Iterable[SourceFile],
    *,
    limits: MidiLimits,
    transposing: Transposing,
    train: frozenset[str],
    processes: int,
) -> Iterator[Score]:
    """Every piece of the train split in every transposition, read again, as they are ready.

    Raises:
        CorpusError: as `encode_files`.
    """
    wanted = (file for file in files if file.name in train)
    for file, result in worked(_ScoreReader(limits), wanted, processes):
        if isinstance(result, Failure):
            raise _worn_out(file, result)
        for _, score in transposing.copies(result, all_shifts=True):
            yield score


def _worn_out(file: SourceFile, failure: Failure) -> CorpusError:
    return CorpusError(
        f"{file.name} was read and a second time was not: {failure.reason}. The machine is at its limits; "
        "run the command again with fewer processes, and it goes on where it was."
    )


def scratch(folder: Path) -> Path:
    """Where pieces wait; no part of the finished corpus."""
    return folder / ".tokens"
