"""A recurrent network over frames with two outputs: each key for itself, or note by note.

Independent output: 88 probabilities given the frames before. Joint output: the frame's notes from
low to high and then its end, each given the frames before and the notes below it; the frame's
probability is the product of these, exactly. A network is trained for one of the two alone.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from benchmarks.likelihood.rolls import FEATURES, KEYS, RECALLS

ROLLS = 1 + len(RECALLS)  # of the features: this frame, and the recalled ones


class FrameNetwork(keras.Model):
    """LSTM layers over what is seen; an output that also sees the recalled frames directly.

    Args:
        output: "independent" or "joint".
        units: of each LSTM layer and of the note decoder.
        layers: LSTM layers.
        dropout: of inputs (half of it), between layers and before the output. What is dropped is the
            same at every frame of a segment (Gal & Ghahramani 2016, arXiv:1512.05287), and is drawn
            outside the compiled program, whose random numbers take longer than all the rest.
        seed: of weights and dropout.
    """

    def __init__(self, output: str, units: int, layers: int, dropout: float, seed: int) -> None:
        super().__init__()
        self.output_kind, self.units, self.depth = output, units, layers
        seeds = iter(np.random.default_rng(seed).integers(0, 2**31, 64).tolist())

        def dense(width: int, *, bias: bool = True) -> Any:
            return keras.layers.Dense(
                width, use_bias=bias, kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds))
            )

        self.dropout = dropout
        self.inner = dense(units)
        self.recurrent = [
            keras.layers.LSTM(
                units,
                return_sequences=True,
                return_state=True,
                kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)),
                recurrent_initializer=keras.initializers.Orthogonal(seed=next(seeds)),
                seed=0,
            )
            for _ in range(layers)
        ]
        self.hidden = dense(units)
        self.out = dense(KEYS + (output == "joint"))
        self.below, self.last = dense(units, bias=False), dense(units, bias=False)
        self.build_all()

    def build_all(self) -> None:
        """Make all weights."""
        self.inner.build((None, None, FEATURES))
        for layer in self.recurrent:
            layer.build((None, None, self.units))
        self.hidden.build((None, None, self.units + FEATURES))
        self.out.build((None, None, self.units))
        # How much a key's own past and recalled values say, one factor for each kind of roll.
        self.direct = self.add_weight(shape=(ROLLS, KEYS), initializer="zeros", name="direct")
        if self.output_kind == "joint":
            self.below.build((None, KEYS))
            self.last.build((None, KEYS + 1))
        self.built = True

    def masks(self, batch: int, random: np.random.Generator) -> list[np.ndarray]:
        """What of each row is dropped: float32 (batch, 1, width) of 0 and 1 / kept, for each place."""
        shares = [self.dropout / 2] + [self.dropout] * (self.depth + 2)
        widths = [FEATURES] + [self.units] * (self.depth + 2)
        return [
            ((random.random((batch, 1, width)) >= share) / (1 - share)).astype(np.float32)
            for share, width in zip(shares, widths, strict=True)
        ]

    def start(self, batch: int) -> Any:
        """The state before a piece."""
        return ops.zeros((self.depth, 2, batch, self.units))

    def nats(self, seen: Any, target: Any, pitches: Any, state: Any, masks: Any = None) -> tuple[Any, Any]:
        """The negative log-likelihood of each frame, and the state after.

        Args:
            seen: float32 (batch, time, FEATURES).
            target: float32 (batch, time, KEYS).
            pitches: int32 (batch, time, notes), see `Piece`.
            state: from `start` or the segment before.
            masks: from `masks`; nothing is dropped without them.

        Returns:
            float32 (batch, time) in nats, and the new state.
        """
        masks = [1.0] * (self.depth + 3) if masks is None else masks
        context, direct, state = self._context(seen, state, masks)
        if self.output_kind == "independent":
            hidden = ops.silu(context) * masks[-1]
            logits = self.out(hidden) + direct
            each = ops.softplus(logits) - target * logits
            return ops.sum(each, axis=-1), state
        return self._joint_nats(context, direct, pitches, masks[-1]), state

    def _context(self, seen: Any, state: Any, masks: Any) -> tuple[Any, Any, Any]:
        dropped = seen * masks[0]
        flow = ops.silu(self.inner(dropped))
        after = []
        for index, layer in enumerate(self.recurrent):
            made, h, c = layer(flow * masks[index + 1], initial_state=[state[index, 0], state[index, 1]])
            flow = flow + made
            after.append(ops.stack([h, c]))
        flow = flow * masks[-2]
        rolls = ops.log(_rolls(seen) + 0.01) + 2.3  # from −2.3 for never to 2.3 for always
        direct = ops.sum(rolls * self.direct, axis=-2)
        return self.hidden(ops.concatenate([flow, dropped], axis=-1)), direct, ops.stack(after)

    def _joint_nats(self, context: Any, direct: Any, pitches: Any, mask: Any) -> Any:
        notes = pitches.shape[-1]
        chosen = ops.one_hot(pitches, KEYS + 1, dtype="float32")  # (batch, time, notes, 89)
        end = ops.one_hot(ops.full_like(pitches[..., :1], KEYS), KEYS + 1, dtype="float32")
        last = ops.concatenate([end, chosen], axis=-2)  # the note before each note and before the end
        # Sums as products with triangles: XLA adds up a running sum anew for each of its places.
        before = np.tri(notes + 1, notes, -1, dtype=np.float32)
        below = ops.einsum("ij,btjh->btih", before, self.below(chosen[..., :KEYS]))
        hidden = context[..., None, :] + below + self.last(last)
        hidden = ops.silu(hidden) * (mask if isinstance(mask, float) else mask[:, None])
        padded = ops.concatenate([direct, ops.zeros_like(direct[..., :1])], axis=-1)
        logits = self.out(hidden) + padded[..., None, :]
        # A note lies above the one before it.
        not_above = np.where(np.arange(KEYS + 1)[:, None] < KEYS, np.tri(KEYS + 1, dtype=np.float32), 0.0)
        logs = ops.log_softmax(logits - 1e9 * ops.matmul(last, not_above), axis=-1)
        wanted = ops.concatenate([chosen, end], axis=-2)
        # The end counts once: after it, only padding stands.
        counts = ops.concatenate([ops.ones_like(pitches[..., :1]), pitches - KEYS], axis=-1) != 0
        each = -ops.sum(wanted * logs, axis=-1)
        return ops.sum(ops.where(counts, each, 0.0), axis=-1)


def _rolls(seen: Any) -> Any:
    """(batch, time, ROLLS, KEYS): the frame itself and those recalled."""
    spans = [seen[..., :KEYS]]
    for index in range(len(RECALLS)):
        begin = KEYS + index * (KEYS + 1)
        spans.append(seen[..., begin : begin + KEYS])
    return ops.stack(spans, axis=-2)
