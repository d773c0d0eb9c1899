"""The order in which pieces are learned: rows of a batch that stream through whole pieces.

A row takes a piece, gives it chunk by chunk in order, then takes the next one. So the
network's state after a chunk is the right state before the next chunk of the same row
(truncated back-propagation through time with the state carried). Everything follows from
the seed and the step's number: training can go on at any step as if it had never stopped.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Piece = npt.NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class ChunkBatch:
    """One batch of chunks.

    Attributes:
        tokens: int32 (rows, time), what the network reads.
        targets: int32 (rows, time), the token after each.
        mask: float32 (rows, time), 1 where there is a target, 0 where the row is padded.
        starts: float32 (rows,), 1 where a piece begins and the state must be forgotten.
        pieces: int64 (rows,), index of the row's piece; -1 where the row is idle.
    """

    tokens: npt.NDArray[np.int32]
    targets: npt.NDArray[np.int32]
    mask: npt.NDArray[np.float32]
    starts: npt.NDArray[np.float32]
    pieces: npt.NDArray[np.int64]


class Stream:
    """Pieces in a given order as batches of chunks.

    Args:
        pieces: token arrays, each with at least two tokens.
        order: indices into `pieces`.
        rows: pieces side by side.
        length: tokens in a chunk.
        pad: the token that fills up.
    """

    def __init__(
        self, pieces: Sequence[Piece], order: npt.NDArray[np.int64], *, rows: int, length: int, pad: int
    ) -> None:
        self._pieces = pieces
        self._length = length
        self._pad = pad
        chunks = [-(-(len(pieces[int(index)]) - 1) // length) for index in order]
        free = [(0, row) for row in range(rows)]  # (step at which the row is free, row)
        placed = []
        for index, count in zip(order, chunks, strict=True):
            step, row = free[0]
            placed.append((row, step, int(index), count))
            heapq.heapreplace(free, (step + count, row))
        self._piece = np.full((max(step for step, _ in free), rows), -1, np.int64)
        self._chunk = np.zeros_like(self._piece)
        for row, step, index, count in placed:
            self._piece[step : step + count, row] = index
            self._chunk[step : step + count, row] = np.arange(count)

    def __len__(self) -> int:
        return len(self._piece)

    def __iter__(self) -> Iterator[ChunkBatch]:
        return (self[step] for step in range(len(self)))

    def __getitem__(self, step: int) -> ChunkBatch:
        rows = self._piece.shape[1]
        window = np.full((rows, self._length + 1), self._pad, np.int32)
        mask = np.zeros((rows, self._length), np.float32)
        for row, (index, chunk) in enumerate(zip(self._piece[step], self._chunk[step], strict=True)):
            if index < 0:
                continue
            low = chunk * self._length
            tokens = self._pieces[int(index)][low : low + self._length + 1]
            window[row, : len(tokens)] = tokens
            mask[row, : len(tokens) - 1] = 1.0
        return ChunkBatch(
            tokens=window[:, :-1],
            targets=window[:, 1:],
            mask=mask,
            starts=(self._chunk[step] == 0).astype(np.float32),
            pieces=self._piece[step],
        )


class TrainingPlan:
    """Every batch of a training, by the number of its step; `total_steps` of them.

    Args:
        pieces: the training pieces.
        epochs: passes over them, each in another order; at least one.
        rows, length, pad: as for `Stream`; there are never more rows than pieces.
        seed: of the orders.
        max_steps: where to break off, if not 0.
    """

    def __init__(
        self,
        pieces: Sequence[Piece],
        *,
        epochs: int,
        rows: int,
        length: int,
        pad: int,
        seed: int,
        max_steps: int = 0,
    ) -> None:
        self._pieces = pieces
        self._seed = seed
        self.rows = min(rows, len(pieces))
        self._length = length
        self._pad = pad
        self._epoch_stream = lru_cache(maxsize=2)(self._make_stream)
        steps: list[int] = []
        while len(steps) < epochs and not (max_steps and sum(steps) >= max_steps):
            steps.append(len(self._make_stream(len(steps))))
        self.ends = np.cumsum(steps)
        self.total_steps = min(int(self.ends[-1]), max_steps or int(self.ends[-1]))

    def epoch_of(self, step: int) -> int:
        """The epoch that the batch of this step belongs to."""
        return int(np.searchsorted(self.ends, step, side="right"))

    def progress_of(self, steps: int) -> float:
        """Epochs done after this many batches, as a fraction."""
        epoch = min(self.epoch_of(steps), len(self.ends) - 1)
        begin = int(self.ends[epoch - 1]) if epoch else 0
        return epoch + (steps - begin) / (int(self.ends[epoch]) - begin)

    def batch(self, step: int) -> ChunkBatch:
        """The batch of a step, from 0."""
        epoch = self.epoch_of(step)
        begin = int(self.ends[epoch - 1]) if epoch else 0
        return self._epoch_stream(epoch)[step - begin]

    def _make_stream(self, epoch: int) -> Stream:
        # A long piece that began late would be learned alone at the end, when all others are over, and
        # be all that the network remembers: each begins at a random time from which it ends with them.
        chunks = np.array([-(-(len(piece) - 1) // self._length) for piece in self._pieces])
        least = max(-(-int(chunks.sum()) // self.rows), int(chunks.max()))
        begins = np.random.default_rng([self._seed, epoch]).random(len(chunks)) * (least - chunks)
        order = np.argsort(begins, kind="stable")
        return Stream(self._pieces, order, rows=self.rows, length=self._length, pad=self._pad)
