"""How likely pieces are to a network, chunk by chunk with its state carried; and to chance.

Knows tokens and networks; no files, no music.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from musicgen.learning.streams import ChunkBatch, Piece, Stream
from musicgen.representation import Vocabulary

_ROWS = 32  # pieces scored side by side
_LENGTH = 128  # tokens in a chunk; the result does not depend on it, as the state is carried


@dataclass(frozen=True, slots=True)
class Likelihood:
    """How well pieces were predicted; lower is better.

    Attributes:
        nats_per_token: mean of −ln p over all tokens but each piece's first.
        nats_per_note: all nats over all notes, comparable across representations.
        nats_per_token_by_piece: the mean over pieces of each piece's nats per token.
        tokens, notes, pieces: how many were predicted.
    """

    nats_per_token: float
    nats_per_note: float
    nats_per_token_by_piece: float
    tokens: int
    notes: int
    pieces: int

    def to_json(self) -> dict[str, float | int]:
        """Plain JSON values."""
        return asdict(self)


class StreamedNetwork(keras.Model):
    """A network whose state stays inside from one batch of chunks to the next.

    Called with tokens int (rows, time) and starts float (rows,), 1 where a row begins a
    piece and its state is forgotten first; gives float32 logits (rows, time, vocabulary).
    The state is a variable, so that `fit` carries it on every Keras backend, and gradients
    do not flow through it into the chunk before.

    Args:
        network: gives logits and the state after, from tokens and the state before; `forget`s
            the state of rows.
        rows: of a batch.
    """

    def __init__(self, network: Any, rows: int) -> None:
        super().__init__(name="streamed")
        self.network = network
        first = network.initial_state(rows)
        # In a closure: of what is an attribute Keras would make lists of its own.
        self._packed: Callable[[list[Any]], Any] = partial(keras.tree.pack_sequence_as, first)
        self.carried = [
            self.add_weight(
                shape=tuple(one.shape),
                dtype="int32" if "int" in str(one.dtype) else "float32",
                initializer="zeros",
                trainable=False,
                name=f"carried_{index}",
            )
            for index, one in enumerate(keras.tree.flatten(first))
        ]
        self.built = True

    def call(self, inputs: dict[str, Any], training: bool | None = None) -> Any:
        """Logits for each next token; the state moves on."""
        before = self._packed([ops.convert_to_tensor(one) for one in self.carried])
        state = self.network.forget(before, inputs["starts"])
        logits, state = self.network(inputs["tokens"], state, training=training)
        for carried, one in zip(self.carried, keras.tree.flatten(state), strict=True):
            carried.assign(ops.stop_gradient(ops.cast(one, carried.dtype)))
        return logits


class _StreamedScorer(StreamedNetwork):
    """As `StreamedNetwork`, but gives −ln p of the targets, float32 (rows, time)."""

    def call(self, inputs: dict[str, Any], training: bool | None = None) -> Any:
        logits = super().call(inputs, training=training)
        return keras.losses.sparse_categorical_crossentropy(inputs["targets"], logits, from_logits=True)


class PieceScorer:
    """Scores whole pieces with a network as its weights are at the moment.

    Args:
        network: as for `StreamedNetwork`.
        vocabulary: says which tokens are notes.
    """

    def __init__(self, network: Any, vocabulary: Vocabulary) -> None:
        self._scorer = _StreamedScorer(network, _ROWS)
        self._vocabulary = vocabulary

    def score(self, pieces: Sequence[Piece]) -> Likelihood:
        """The likelihood of pieces, each read from its first token to its last.

        Args:
            pieces: at least one, each with at least two tokens.
        """
        nats = np.zeros(len(pieces))
        # The longest first, so that no row is left alone with a long piece at the end.
        order = np.argsort([-len(piece) for piece in pieces], kind="stable")
        stream = Stream(pieces, order, rows=_ROWS, length=_LENGTH, pad=self._vocabulary.pad)
        for batch in stream:
            chunk_nats = self._chunk_nats(batch)
            taken = batch.pieces >= 0
            np.add.at(nats, batch.pieces[taken], chunk_nats[taken])
        return _likelihood(nats, pieces, self._vocabulary)

    def _chunk_nats(self, batch: ChunkBatch) -> npt.NDArray[np.float64]:
        inputs = {"tokens": batch.tokens, "targets": batch.targets, "starts": batch.starts}
        nats = np.asarray(self._scorer.predict_on_batch(inputs), np.float64)
        return np.asarray((nats * batch.mask).sum(axis=1))


def beginnings_of(pieces: Sequence[Piece], tokens: int) -> list[Piece]:
    """The beginnings of pieces, each as long, or whole where the piece is shorter.

    Args:
        pieces: each with at least two tokens.
        tokens: in all beginnings together, at most, but two of each piece at least.
    """
    lengths = np.sort([len(piece) for piece in pieces])
    # With length c for each, those shorter than c count whole.
    left = tokens - np.concatenate([[0], np.cumsum(lengths)[:-1]])
    shares = left // np.arange(len(lengths), 0, -1)
    fitting = np.flatnonzero(shares < lengths)
    length = int(shares[fitting[0]]) if len(fitting) else int(lengths[-1])
    return [piece[: max(length, 2)] for piece in pieces]


def unigram_baseline(train: Sequence[Piece], held_out: Sequence[Piece], vocabulary: Vocabulary) -> Likelihood:
    """The likelihood of pieces to someone who knows only how often each token occurs.

    Counts come from the training pieces, one added to each token's (Laplace), so that a token
    never seen is not impossible.

    Args:
        train: pieces to count in.
        held_out: pieces to score.
        vocabulary: says how many tokens there are, and which are notes.
    """
    counts = np.ones(vocabulary.size)
    for piece in train:
        counts += np.bincount(piece[1:], minlength=vocabulary.size)
    nats_of_token = np.log(counts.sum()) - np.log(counts)
    nats = np.array([nats_of_token[piece[1:]].sum() for piece in held_out])
    return _likelihood(nats, held_out, vocabulary)


def _likelihood(nats: npt.NDArray[np.float64], pieces: Sequence[Piece], vocabulary: Vocabulary) -> Likelihood:
    lengths = np.array([len(piece) - 1 for piece in pieces])
    notes = sum(int(vocabulary.note_count_of_token[piece].sum()) for piece in pieces)
    return Likelihood(
        nats_per_token=float(nats.sum() / lengths.sum()),
        nats_per_note=float(nats.sum() / max(notes, 1)),
        nats_per_token_by_piece=float((nats / lengths).mean()),
        tokens=int(lengths.sum()),
        notes=notes,
        pieces=len(pieces),
    )
