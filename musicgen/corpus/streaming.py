"""Pieces for training, one after another for ever, in an order that a seed decides.

The order of any epoch can be worked out without those before it, so a run that stopped goes on
at the very piece where it was. Read with NumPy alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musicgen.corpus.errors import CorpusError
from musicgen.corpus.reader import Pieces, TokenArray


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
        return -(-int(self._counts(self.pieces).sum()) // self.batch)

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
            places = self._epoch(epoch, pieces)
            for begin in range(skipped * self.batch, len(places), self.batch):
                chosen = places[begin : begin + self.batch].tolist()
                yield np.stack([self._window(pieces[piece], start) for piece, start in chosen])
            epoch, skipped = epoch + 1, 0

    def _counts(self, pieces: Pieces) -> npt.NDArray[np.int64]:
        """Windows of each piece, int64 (pieces,); one more than fit, because cuts move."""
        lengths = np.diff(pieces.offsets)
        return np.asarray(np.where(lengths > 0, -(-lengths // self.length) + (lengths > self.length), 0))

    def _epoch(self, epoch: int, pieces: Pieces) -> npt.NDArray[np.int64]:
        """Piece and first token of every window, int64 (steps · batch, 2), in the epoch's order."""
        generator = np.random.default_rng([self.seed, epoch])
        counts = self._counts(pieces)
        owners = np.repeat(np.arange(len(counts)), counts)
        number = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
        lengths = np.diff(pieces.offsets)
        moved = np.where(lengths > self.length, generator.integers(0, self.length, len(counts)), 0)
        starts = number * self.length - moved[owners]
        places = np.stack([owners, starts], axis=1)[generator.permutation(len(owners))]
        places = places[places[:, 1] < lengths[places[:, 0]]]
        filled = np.resize(np.arange(len(places)), self.steps_per_epoch * self.batch)
        return np.asarray(places[filled])

    def _window(self, tokens: TokenArray, start: int) -> npt.NDArray[np.int32]:
        window = np.full(self.length, self.pad, np.int32)
        # A window that would begin before the piece begins with it and is shorter by as much.
        part = tokens[max(0, start) : start + self.length]
        window[: len(part)] = part
        return window
