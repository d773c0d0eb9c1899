"""Windows of pieces for training, one after another for ever, in an order that a seed decides.

The order of any epoch can be worked out without those before it, so a run that stopped goes on
at the very piece where it was. Read with NumPy alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from musicgen.corpus.augmenting import Augmentation
from musicgen.corpus.errors import CorpusError
from musicgen.corpus.reader import Cells, Pieces, TokenArray, ValueArray
from musicgen.representation import Tones


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows of equal length out of a split, shuffled anew in every epoch.

    A window lies within one piece and is filled up with `pad` where the piece ends. In each epoch
    the cuts are moved by other amounts, so that a network sees other windows; every token is seen
    once, those of a few windows twice to fill the last batch.

    Attributes:
        pieces: of a split.
        length: tokens in a window, ≥ 1.
        batch: windows in a batch, ≥ 1.
        seed: of the order and of the cuts.
        pad: the token that fills up.
        of_epoch: gives the pieces as an epoch shall see them, such as augmented ones; where that
            makes more windows than the plain pieces have, some are left out by chance.
    """

    pieces: Pieces
    length: int
    batch: int
    seed: int
    pad: int = 0
    of_epoch: Callable[[int], Pieces] | None = None

    def __post_init__(self) -> None:
        if self.length < 1 or self.batch < 1 or self.seed < 0:
            raise CorpusError("A window and a batch hold 1 or more, and a seed is 0 or more.")
        if not len(self.pieces.tokens):
            raise CorpusError("The split holds no tokens to make windows of.")

    @property
    def steps_per_epoch(self) -> int:
        """Batches in an epoch, the same number in each."""
        return -(-int(_counts(np.diff(self.pieces.offsets), self.length).sum()) // self.batch)

    def batches(self, start_step: int = 0) -> Iterator[npt.NDArray[np.int32]]:
        """Batches from a step on, for ever.

        Args:
            start_step: how many batches were taken before; the result is the same as if they had
                been taken from here.

        Yields:
            int32 (batch, length).
        """
        epoch, skipped = divmod(start_step, self.steps_per_epoch)
        while True:
            pieces = self.of_epoch(epoch) if self.of_epoch else self.pieces
            generator = np.random.default_rng([self.seed, epoch])
            rows = self.steps_per_epoch * self.batch
            places = _places(np.diff(pieces.offsets), self.length, rows, generator)
            for begin in range(skipped * self.batch, len(places), self.batch):
                chosen = places[begin : begin + self.batch].tolist()
                yield np.stack([self._window(pieces[piece], start) for piece, start in chosen])
            epoch, skipped = epoch + 1, 0

    def _window(self, tokens: TokenArray, start: int) -> npt.NDArray[np.int32]:
        window = np.full(self.length, self.pad, np.int32)
        # A window that would begin before the piece begins with it and is shorter by as much.
        part = tokens[max(0, start) : start + self.length]
        window[: len(part)] = part
        return window


@dataclass(frozen=True, slots=True)
class CellBatch:
    """Some windows of continuous tones.

    Attributes:
        cells: float32 (batch, length, features), −1 to 1.
        mask: float32 (batch, length), 1 where there is a cell, 0 where its piece has ended; there
            all features are −1: no tone and no time.
        pieces: int64 (batch,), the piece of the split that each window is from.
    """

    cells: npt.NDArray[np.float32]
    mask: npt.NDArray[np.float32]
    pieces: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CellWindows:
    """Windows as `Windows` makes them, of continuous tones, changed while they are read.

    Attributes:
        cells: of a split, from `Corpus.cells`.
        tones: their scaling, from `Corpus.tones`.
        length: cells in a window, ≥ 1.
        batch: windows in a batch, ≥ 1.
        seed: of the order, of the cuts and of the changes.
        augmentation: drawn anew for each window of each epoch; by default nothing is changed.
        full: whether every window is filled: shorter pieces are left out, and a piece's first and
            last window are moved into it, so that they share cells with their neighbours.
    """

    cells: Cells
    tones: Tones
    length: int
    batch: int
    seed: int
    augmentation: Augmentation = field(default_factory=Augmentation)
    full: bool = False

    def __post_init__(self) -> None:
        if self.length < 1 or self.batch < 1 or self.seed < 0:
            raise CorpusError("A window and a batch hold 1 or more, and a seed is 0 or more.")
        if not self._lengths().any():
            least = self.length if self.full else 1
            raise CorpusError(
                f"No piece of the split has {least:,} cells, as many as a window needs; make windows shorter."
            )

    @property
    def steps_per_epoch(self) -> int:
        """Batches in an epoch, the same number in each."""
        return -(-int(_counts(self._lengths(), self.length).sum()) // self.batch)

    def batches(self, start_step: int = 0) -> Iterator[CellBatch]:
        """Batches from a step on, for ever.

        Args:
            start_step: how many batches were taken before; the result is the same as if they had
                been taken from here.
        """
        epoch, skipped = divmod(start_step, self.steps_per_epoch)
        while True:
            generator = np.random.default_rng([self.seed, epoch])
            rows = self.steps_per_epoch * self.batch
            places = _places(self._lengths(), self.length, rows, generator)
            for begin in range(skipped * self.batch, len(places), self.batch):
                yield self._batch(places[begin : begin + self.batch], epoch, begin)
            epoch, skipped = epoch + 1, 0

    def _lengths(self) -> npt.NDArray[np.int64]:
        """Cells of each piece, int64 (pieces,); 0 where it is left out."""
        lengths = np.diff(self.cells.offsets)
        return np.asarray(np.where(lengths >= (self.length if self.full else 1), lengths, 0))

    def _batch(self, places: npt.NDArray[np.int64], epoch: int, row: int) -> CellBatch:
        cells = np.full((len(places), self.length, self.tones.features), -1.0, np.float32)
        mask = np.zeros((len(places), self.length), np.float32)
        for index, (piece, start) in enumerate(places.tolist()):
            window = self._window(self.cells[piece], start)
            generator = np.random.default_rng([self.seed, epoch, row + index])
            cells[index, : len(window)] = self.augmentation.of_cells(window, self.tones, generator)
            mask[index, : len(window)] = 1.0
        return CellBatch(cells, mask, places[:, 0])

    def _window(self, cells: ValueArray, start: int) -> ValueArray:
        if self.full:
            start = min(max(start, 0), len(cells) - self.length)
        return cells[max(0, start) : start + self.length]


def _counts(lengths: npt.NDArray[np.int64], length: int) -> npt.NDArray[np.int64]:
    """Windows of each piece, int64 (pieces,); one more than fit, because cuts move."""
    return np.asarray(np.where(lengths > 0, -(-lengths // length) + (lengths > length), 0))


def _places(
    lengths: npt.NDArray[np.int64], length: int, rows: int, generator: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Piece and first row of every window of an epoch, in its order.

    Args:
        lengths: of the pieces, int64 (pieces,).
        length: of a window.
        rows: windows wanted.
        generator: of this epoch.

    Returns:
        int64 (rows, 2). A first row may lie before the piece, by less than a window.
    """
    counts = _counts(lengths, length)
    owners = np.repeat(np.arange(len(counts)), counts)
    number = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
    moved = np.where(lengths > length, generator.integers(0, length, len(counts)), 0)
    starts = number * length - moved[owners]
    places = np.stack([owners, starts], axis=1)[generator.permutation(len(owners))]
    places = places[places[:, 1] < lengths[places[:, 0]]]
    return np.asarray(places[np.resize(np.arange(len(places)), rows)])
