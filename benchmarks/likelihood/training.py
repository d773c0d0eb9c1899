"""Training a frame network, and scoring it by the protocol: nats per frame, the first not scored."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from benchmarks.likelihood.network import FrameNetwork
from benchmarks.likelihood.rolls import END, FEATURES, KEYS, Piece, Roll, piece_of, transposed


@dataclass(frozen=True, slots=True)
class Recipe:
    """What was tuned on validation.

    Attributes:
        units, layers, dropout: the network's.
        transpositions: a training piece is moved by up to so many semitones, afresh each epoch.
        segment: frames between two cuts of the gradient; the state goes on.
        batch: pieces side by side.
        rate: greatest learning rate of AdamW; warm-up, then a cosine to a hundredth.
        decay: AdamW's weight decay.
        epochs: over the training pieces.
        averaging: of the weights that are scored, a factor of decay a batch.
    """

    units: int = 256
    layers: int = 1
    dropout: float = 0.4
    transpositions: int = 5
    segment: int = 64
    batch: int = 16
    rate: float = 2e-3
    decay: float = 0.05
    epochs: int = 60
    averaging: float = 0.995

    def to_json(self) -> dict[str, float]:
        """The values by name."""
        return asdict(self)


class Trainer:
    """One training.

    Args:
        rolls: pieces by split.
        output: "independent" or "joint".
        recipe: how.
        seed: of everything that is drawn.
        say: told a line an epoch.
    """

    def __init__(
        self,
        rolls: dict[str, list[Roll]],
        output: str,
        recipe: Recipe,
        seed: int,
        say: Callable[[str], None],
    ) -> None:
        self.recipe, self.output, self.say = recipe, output, say
        self.random = np.random.default_rng(seed)
        self.most_notes = max(int(p.sum(axis=1).max()) for split in rolls.values() for p in split)
        self.rolls = rolls["train"]
        self.validation = [piece_of(roll, self.most_notes) for roll in rolls["validation"]]
        self.network = FrameNetwork(output, recipe.units, recipe.layers, recipe.dropout, seed)
        self.averaged = [np.array(variable) for variable in self.network.trainable_variables]
        variables = self.network.trainable_variables
        self.moments = [[tf.Variable(tf.zeros_like(v.value)) for v in variables] for _ in range(2)]
        self.batches = 0
        self._step = tf.function(self._train_step, jit_compile=True)
        self._score = tf.function(self._score_step, jit_compile=True)

    def train(self) -> dict[str, Any]:
        """Train, keep the averaged weights of the epoch best on validation, and say how it went."""
        best, best_weights, began, history = np.inf, self.averaged, time.perf_counter(), []
        total = self.recipe.epochs * sum(
            1 for _ in _segments(self._order(self.rolls_as_pieces(0)), self.recipe)
        )
        for epoch in range(1, self.recipe.epochs + 1):
            losses, frames = 0.0, 0
            for batch in _segments(
                self._order(self.rolls_as_pieces(self.recipe.transpositions)), self.recipe
            ):
                losses += self._learn(batch, total)
                frames += int(batch[3].sum())
            validation = self.score_with(self.averaged, self.validation)
            history.append(round(validation, 4))
            if validation < best:
                best, best_weights = validation, [array.copy() for array in self.averaged]
            spent = time.perf_counter() - began
            self.say(
                f"epoch {epoch}: train {losses / frames:.3f}, validation {validation:.3f}, {spent:.0f} s"
            )
        self.averaged = best_weights
        return {"validation": best, "best_epoch": 1 + int(np.argmin(history)), "history": history}

    def rolls_as_pieces(self, reach: int) -> list[Piece]:
        """The training pieces, each moved by a few semitones drawn afresh."""
        moves = self.random.integers(-reach, reach + 1, len(self.rolls))
        return [
            piece_of(transposed(roll, int(move)), self.most_notes)
            for roll, move in zip(self.rolls, moves, strict=True)
        ]

    def score_with(self, weights: Sequence[Any], pieces: Sequence[Piece]) -> float:
        """Nats per frame under some weights; the network keeps its own."""
        own = [np.array(variable) for variable in self.network.trainable_variables]
        self._put(weights)
        nats, frames = 0.0, 0
        for chunk in _segments(sorted(pieces, key=lambda piece: len(piece.target)), self.recipe):
            made, self._state = self._score(*map(tf.constant, chunk[:3]), self._begun(chunk))
            nats += float((np.asarray(made, np.float64) * chunk[3]).sum())
            frames += int(chunk[3].sum())
        self._put(own)
        return nats / frames

    def _put(self, weights: Sequence[Any]) -> None:
        for variable, value in zip(self.network.trainable_variables, weights, strict=True):
            variable.assign(value)

    def _order(self, pieces: list[Piece]) -> list[Piece]:
        # About equally long ones side by side, so that little is padding; which ones, varies.
        lengths = np.log([len(piece.target) for piece in pieces])
        ranked = np.argsort(lengths + self.random.normal(0, 0.1, len(pieces)))
        groups = [ranked[i : i + self.recipe.batch] for i in range(0, len(ranked), self.recipe.batch)]
        return [pieces[i] for g in self.random.permutation(len(groups)) for i in groups[g]]

    def _begun(self, batch: Any) -> Any:
        return self.network.start(len(batch[3])) if batch[4] else self._state

    def _learn(self, batch: Any, total: int) -> float:
        recipe = self.recipe
        self.batches += 1
        warm = min(1.0, self.batches / 100)
        rate = recipe.rate * warm * (0.505 + 0.495 * np.cos(np.pi * min(1.0, self.batches / total)))
        nats, self._state = self._step(
            *map(tf.constant, batch[:4]),
            self._begun(batch),
            [tf.constant(mask) for mask in self.network.masks(len(batch[3]), self.random)],
            tf.constant(np.float32(rate)),
            tf.constant(np.float32(self.batches)),
        )
        keep = min(recipe.averaging, (1 + self.batches) / (10 + self.batches))
        for average, variable in zip(self.averaged, self.network.trainable_variables, strict=True):
            average += (1 - keep) * (np.asarray(variable) - average)
        return float(nats)

    def _train_step(
        self, seen: Any, target: Any, pitches: Any, mask: Any, state: Any, drops: Any, rate: Any, batches: Any
    ) -> Any:
        variables = [variable.value for variable in self.network.trainable_variables]
        with tf.GradientTape() as tape:
            nats, state = self.network.nats(
                tf.cast(seen, tf.float32),
                tf.cast(target, tf.float32),
                tf.cast(pitches, tf.int32),
                state,
                drops,
            )
            total = tf.reduce_sum(nats * mask)
            loss = total / tf.reduce_sum(mask)
        gradients = tape.gradient(loss, variables)
        gradients, _ = tf.clip_by_global_norm(gradients, 1.0)
        for variable, gradient, first, second in zip(variables, gradients, *self.moments, strict=True):
            first.assign(0.9 * first + 0.1 * gradient)
            second.assign(0.99 * second + 0.01 * gradient**2)
            change = (first / (1 - 0.9**batches)) / (tf.sqrt(second / (1 - 0.99**batches)) + 1e-8)
            decay = self.recipe.decay if len(variable.shape) == 2 else 0.0
            variable.assign_sub(rate * (change + decay * variable))
        return total, state

    def _score_step(self, seen: Any, target: Any, pitches: Any, state: Any) -> Any:
        return self.network.nats(
            tf.cast(seen, tf.float32),
            tf.cast(target, tf.float32),
            tf.cast(pitches, tf.int32),
            state,
        )


def _segments(pieces: Sequence[Piece], recipe: Recipe) -> Iterator[Any]:
    """Segments of pieces side by side: seen, target, pitches, mask, whether these pieces begin.

    Every segment has one shape, so that the program is compiled once.
    """
    batch = recipe.batch
    for first in range(0, len(pieces), batch):
        group = pieces[first : first + batch]
        longest = max(len(piece.target) for piece in group)
        for low in range(0, longest, recipe.segment):
            shape = (batch, recipe.segment)
            seen = np.zeros((*shape, FEATURES), np.float32)
            target = np.zeros((*shape, KEYS), np.uint8)
            pitches = np.full((*shape, group[0].pitches.shape[1]), END, np.uint8)
            mask = np.zeros(shape, np.float32)
            for row, piece in enumerate(group):
                count = max(0, min(recipe.segment, len(piece.target) - low))
                span = slice(low, low + count)
                seen[row, :count] = piece.seen[span]
                target[row, :count] = piece.target[span]
                pitches[row, :count] = piece.pitches[span]
                mask[row, :count] = 1.0
            yield seen, target, pitches, mask, low == 0
