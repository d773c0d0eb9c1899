"""A decoder-only Transformer over tokens: pre-norm, rotary positions, tied output, cached keys.

It knows token numbers only. Each token attends to the last `context` tokens and, however far
back, to the first `prefix` tokens of the piece, where what is said of the whole piece stands.
Keys and values of both are its state, an explicit value that goes in and comes out: training
carries it from chunk to chunk as a memory (Dai et al. 2019, arXiv:1901.02860), sampling from
token to token, and both see the same, however long a piece is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

import keras
import numpy as np
from keras import ops

from musicgen.networks import NetworkConfigError

_ROTARY_BASE: Final = 10_000.0
_STDDEV: Final = 0.02  # of first weights
_UNSEEN: Final = -1e9  # added to the score of what may not be seen; its share underflows to 0


@dataclass(frozen=True, slots=True)
class TransformerConfig:
    """The shape of a `TransformerNetwork`.

    Attributes:
        vocabulary_size: number of tokens.
        width: of a token's vector; a multiple of 2 × heads.
        layers: number of blocks.
        heads: of each attention.
        context: tokens that a token sees, itself among them.
        prefix: tokens at the beginning of a piece that stay in view for ever.
        expansion: how many times as wide the feed-forward layer is.
        dropout: share of values dropped from what each half of a block adds, 0 ≤ dropout < 1.
    """

    vocabulary_size: int
    width: int = 256
    layers: int = 4
    heads: int = 4
    context: int = 512
    prefix: int = 0
    expansion: int = 4
    dropout: float = 0.1

    def __post_init__(self) -> None:
        least = {"vocabulary_size": 2, "width": 2, "layers": 1, "heads": 1, "context": 1, "prefix": 0}
        for name, low in {**least, "expansion": 1}.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < low:
                raise NetworkConfigError(
                    f"transformer: {name} is {value!r}, must be a whole number of at least {low}."
                )
        if self.width % (2 * self.heads):
            what = f"width is {self.width}, no multiple of 2 × {self.heads} heads"
            raise NetworkConfigError(f"transformer: {what}.")
        if not 0.0 <= self.dropout < 1.0:
            raise NetworkConfigError(f"transformer: dropout is {self.dropout!r}, must be in [0, 1).")

    def to_json(self) -> dict[str, Any]:
        """The config as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TransformerConfig:
        """Read what `to_json` wrote.

        Raises:
            NetworkConfigError: an unknown or missing entry, or a value out of range.
        """
        if unknown := set(data) - {field.name for field in fields(cls)}:
            raise NetworkConfigError(f"transformer: unknown configuration {', '.join(sorted(unknown))}.")
        if "vocabulary_size" not in data:
            raise NetworkConfigError("transformer: the configuration lacks vocabulary_size.")
        return cls(**data)


@keras.saving.register_keras_serializable(package="musicgen")
class TransformerBlock(keras.layers.Layer):
    """Attention and a feed-forward layer with squared ReLU (So et al. 2021, arXiv:2109.08668).

    Args:
        config: the network's shape, or what its `to_json` gave.
        seeds: six, of the first weights and of dropout.
    """

    def __init__(
        self, config: TransformerConfig | Mapping[str, Any], seeds: list[int], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.config = config if isinstance(config, TransformerConfig) else TransformerConfig.from_json(config)
        self.seeds = list(seeds)
        width, added = self.config.width, _STDDEV / (2 * self.config.layers) ** 0.5

        def dense(units: int, stddev: float, seed: int, name: str) -> Any:
            initializer = keras.initializers.RandomNormal(stddev=stddev, seed=seed)
            return keras.layers.Dense(units, use_bias=False, kernel_initializer=initializer, name=name)

        self.attention_norm = keras.layers.RMSNormalization(epsilon=1e-5, name="attention_norm")
        self.inward = dense(3 * width, _STDDEV, seeds[0], "inward")
        self.outward = dense(width, added, seeds[1], "outward")
        self.forward_norm = keras.layers.RMSNormalization(epsilon=1e-5, name="forward_norm")
        self.widening = dense(self.config.expansion * width, _STDDEV, seeds[2], "widening")
        self.narrowing = dense(width, added, seeds[3], "narrowing")
        self.drops = [
            keras.layers.Dropout(self.config.dropout, seed=seed, name=f"dropout_{index}")
            for index, seed in enumerate(seeds[4:6])
        ]

    def build(self, input_shape: Any) -> None:
        """Make all weights."""
        width = self.config.width
        for layer in (self.attention_norm, self.inward, self.outward, self.forward_norm, self.widening):
            layer.build((None, None, width))
        self.narrowing.build((None, None, self.config.expansion * width))
        self.built = True

    def call(self, hidden: Any, keys: Any, values: Any, view: Any, training: bool | None = None) -> Any:
        """Read a chunk.

        Args:
            hidden: (batch, time, width).
            keys, values: of what was read before, (batch, heads, prefix + context, head_dim).
            view: how the chunk lies in what was read, see `_View`.
            training: whether to drop.

        Returns:
            The chunk's new vectors, shaped as the old; keys and values with the chunk among them.
        """
        config = self.config
        query, key, value = self._projected(self.attention_norm(hidden))
        turned = _turned(key, *view.rotation)
        kept_key = ops.where(view.is_prefix[:, None, :, None], key, turned)
        new_keys, new_values = view.kept(keys, kept_key), view.kept(values, value)
        length = config.prefix
        seen = ops.concatenate([keys[:, :, length:], turned], axis=2)
        scores = ops.matmul(_turned(query, *view.rotation), ops.swapaxes(seen, 2, 3))
        if length:
            # Of the prefix it does not matter how far back it is: neither side is turned.
            to_prefix = ops.matmul(query, ops.swapaxes(new_keys[:, :, :length], 2, 3))
            scores = ops.concatenate([to_prefix, scores], axis=3)
        seen = ops.concatenate([new_values[:, :, :length], values[:, :, length:], value], axis=2)
        mixed = ops.matmul(self._shares(scores, view.hidden), seen)
        hidden = hidden + self.drops[0](self.outward(_joined(mixed)), training=training)
        return hidden + self.drops[1](self._fed_forward(hidden), training=training), new_keys, new_values

    def step(self, hidden: Any, keys: Any, values: Any, view: Any) -> Any:
        """As `call` for one token, without dropout: (batch, 1, width), `view` a `_StepView`."""
        query, key, value = self._projected(self.attention_norm(hidden))
        turned = _turned(key, *view.rotation)
        start = (0, 0, view.place, 0)
        keys = ops.slice_update(keys, start, ops.where(view.is_prefix, key, turned))
        values = ops.slice_update(values, start, value)
        # Both queries at once, so that all keys are read once.
        queries = ops.concatenate([query, _turned(query, *view.rotation)], axis=2)
        scores = ops.matmul(queries, ops.swapaxes(keys, 2, 3))
        scores = ops.where(view.of_prefix, scores[:, :, :1], scores[:, :, 1:])
        mixed = ops.matmul(self._shares(scores, view.hidden), values)
        hidden = hidden + self.outward(_joined(mixed))
        return hidden + self._fed_forward(hidden), keys, values

    def _projected(self, hidden: Any) -> tuple[Any, Any, Any]:
        """Query, key and value, each (batch, heads, time, head_dim)."""
        batch, time = ops.shape(hidden)[0], hidden.shape[1] or ops.shape(hidden)[1]
        heads, width = self.config.heads, self.config.width
        shape = (batch, time, 3 * heads, width // heads)
        all_heads = ops.transpose(ops.reshape(self.inward(hidden), shape), (0, 2, 1, 3))
        return all_heads[:, :heads], all_heads[:, heads : 2 * heads], all_heads[:, 2 * heads :]

    def _shares(self, scores: Any, hidden: Any) -> Any:
        scale = (self.config.width // self.config.heads) ** -0.5
        scores = ops.cast(scores, "float32") * scale + hidden
        return ops.cast(ops.softmax(scores, axis=-1), self.compute_dtype)

    def _fed_forward(self, hidden: Any) -> Any:
        wide = ops.relu(self.widening(self.forward_norm(hidden)))
        return self.narrowing(wide * wide)

    def get_config(self) -> dict[str, Any]:
        """Keras' serialisation."""
        return {**super().get_config(), "config": self.config.to_json(), "seeds": self.seeds}


class _View:
    """Where a chunk lies in each row of a batch, and what each of its tokens sees.

    The state holds the prefix first, then the last `context` tokens as a ring.

    Args:
        config: the network's shape.
        read: int32 (batch,), tokens read before.
        time, count: tokens in the chunk, and those of them that the state keeps.
    """

    def __init__(self, config: TransformerConfig, read: Any, time: Any, count: Any) -> None:
        prefix, context = config.prefix, config.context
        steps = ops.arange(time, dtype="int32")
        place = read[:, None] + steps  # (batch, time)
        ring = ops.arange(context, dtype="int32")
        before = _last_in_ring(read, ring, prefix, context)
        sees_ring = (before[:, None] >= prefix) & (place[:, :, None] - before[:, None] < context)
        back = steps[:, None] - steps[None]
        sees_chunk = ((back >= 0) & (back < context))[None] & (place >= prefix)[:, None]
        seen = ops.concatenate([sees_ring, sees_chunk], axis=2)
        after = _last_in_ring(read + count, ring, prefix, context)
        if prefix:
            of_prefix = ops.arange(prefix, dtype="int32")
            seen = ops.concatenate([of_prefix[None, None] <= place[:, :, None], seen], axis=2)
            first = ops.broadcast_to(of_prefix[None], (ops.shape(read)[0], prefix))
            after = ops.concatenate([first, after], axis=1)
        self.hidden = ops.where(seen, 0.0, _UNSEEN)[:, None]
        self.is_prefix = place < prefix
        self.rotation = _rotation(place, config)
        chosen = after - read[:, None]  # of the chunk, for each place in the state
        self._is_new = ((chosen >= 0) & (chosen < count))[:, None, :, None]
        self._chosen = ops.clip(chosen, 0, time - 1)[:, None, :, None]

    def kept(self, old: Any, chunk: Any) -> Any:
        """What the state holds after the chunk; old (batch, heads, prefix + context, head_dim)."""
        return ops.where(self._is_new, ops.take_along_axis(chunk, self._chosen, axis=2), old)


class _StepView:
    """As `_View` for one token; all rows of the batch have read equally many.

    Args:
        config: the network's shape.
        read: int32 (batch,), tokens read before.
    """

    def __init__(self, config: TransformerConfig, read: Any) -> None:
        prefix, context = config.prefix, config.context
        now = read[0]
        self.place = ops.where(now < prefix, now, prefix + ops.mod(now - prefix, context))
        self.is_prefix = now < prefix
        self.rotation = _rotation(read[:1, None], config)
        held = ops.arange(prefix + context, dtype="int32")
        self.of_prefix = held < prefix
        # A ring that is not yet full holds nothing past the newest; a prefix neither.
        self.hidden = ops.where(held <= now, 0.0, _UNSEEN)


def _last_in_ring(read: Any, ring: Any, prefix: int, context: int) -> Any:
    """int32 (batch, context): which token lies at each place of the ring; less than prefix if none."""
    newest = read[:, None] - prefix - 1
    return prefix + newest - ops.mod(newest - ring[None], context)


def _rotation(place: Any, config: TransformerConfig) -> tuple[Any, Any]:
    """Cosine and sine, (batch, 1, time, head_dim / 2) (Su et al. 2021, arXiv:2104.09864)."""
    half = config.width // config.heads // 2
    speed = np.asarray(_ROTARY_BASE ** (-np.arange(half) / half), np.float32)
    angle = ops.cast(place, "float32")[:, None, :, None] * speed
    return ops.cos(angle), ops.sin(angle)


def _turned(vectors: Any, cosine: Any, sine: Any) -> Any:
    """(batch, heads, time, head_dim), turned by the rotation of each time."""
    cosine, sine = ops.cast(cosine, vectors.dtype), ops.cast(sine, vectors.dtype)
    first, second = ops.split(vectors, 2, axis=3)
    return ops.concatenate([first * cosine - second * sine, first * sine + second * cosine], axis=3)


def _joined(heads: Any) -> Any:
    """(batch, heads, time, head_dim) → (batch, time, width)."""
    batch, time = ops.shape(heads)[0], heads.shape[2] or ops.shape(heads)[2]
    return ops.reshape(ops.transpose(heads, (0, 2, 1, 3)), (batch, time, heads.shape[1] * heads.shape[3]))


@keras.saving.register_keras_serializable(package="musicgen")
class TransformerNetwork(keras.Model):
    """Predicts the next token from those before it.

    Args:
        config: the shape.
        seed: of the first weights and of dropout; every layer draws its own from it.
    """

    def __init__(self, config: TransformerConfig, *, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**{"name": "transformer", **kwargs})
        self.config = config
        self.seed = seed
        drawn = np.random.SeedSequence(seed).generate_state(6 * config.layers + 2) >> 1
        seeds = [int(one) for one in drawn]
        self.embedding = keras.layers.Embedding(
            config.vocabulary_size,
            config.width,
            embeddings_initializer=keras.initializers.RandomNormal(stddev=_STDDEV, seed=seeds[-1]),
            name="embedding",
        )
        self.drop = keras.layers.Dropout(config.dropout, seed=seeds[-2], name="dropout")
        self.blocks = [
            TransformerBlock(config, seeds[6 * index : 6 * index + 6], name=f"block_{index}")
            for index in range(config.layers)
        ]
        self.norm = keras.layers.RMSNormalization(epsilon=1e-5, name="norm")
        self.build((None, None))

    def build(self, input_shape: Any) -> None:
        """Make all weights; the input's shape (batch, time) does not matter to them."""
        self.embedding.build((None, None))
        for block in self.blocks:
            block.build((None, None, self.config.width))
        self.norm.build((None, None, self.config.width))
        self.output_bias = self.add_weight(
            shape=(self.config.vocabulary_size,), initializer="zeros", name="output_bias"
        )
        self.built = True

    def initial_state(self, batch: int) -> Any:
        """The state before the first token.

        Keys and values of each layer, each (batch, heads, prefix + context, head_dim), and int32
        (batch,), how many tokens were read.
        """
        config = self.config
        shape = (batch, config.heads, config.prefix + config.context, config.width // config.heads)
        caches = tuple(
            (ops.zeros(shape, dtype=self.compute_dtype), ops.zeros(shape, dtype=self.compute_dtype))
            for _ in self.blocks
        )
        return caches, ops.zeros((batch,), dtype="int32")

    def forget(self, state: Any, starts: Any) -> Any:
        """The state with some rows as before the first token: those whose `starts` (batch,) is 1."""
        caches, read = state
        return caches, ops.where(ops.cast(starts, "bool"), 0, read)

    def call(self, tokens: Any, state: Any = None, training: bool | None = None) -> tuple[Any, Any]:
        """Logits for each next token, float32 (batch, time, vocabulary), and the state after the last.

        Args:
            tokens: int (batch, time).
            state: as `initial_state` gives it, which it is if left out.
            training: whether to drop.
        """
        hidden, state = self._read(tokens, state, training)
        return self._logits(hidden), state

    def prefill(self, tokens: Any, count: Any, state: Any) -> Any:
        """The state after the first `count` (int32 scalar) of tokens, int (batch, time), read at once.

        The rest is padding: so one compiled program reads prompts of every length.
        """
        return self._read(tokens, state, False, count)[1]

    def step(self, tokens: Any, state: Any) -> tuple[Any, Any]:
        """One token on, without dropout: float32 logits (batch, vocabulary), and the new state.

        Args:
            tokens: int (batch,).
            state: of rows that have all read equally many tokens.
        """
        caches, read = state
        view = _StepView(self.config, read)
        hidden = self.embedding(tokens)[:, None]
        after = []
        for block, (keys, values) in zip(self.blocks, caches, strict=True):
            hidden, keys, values = block.step(hidden, keys, values, view)
            after.append((keys, values))
        return self._logits(hidden)[:, 0], (tuple(after), read + 1)

    def _read(self, tokens: Any, state: Any, training: bool | None, count: Any = None) -> tuple[Any, Any]:
        if state is None:
            state = self.initial_state(ops.shape(tokens)[0])
        caches, read = state
        time = tokens.shape[1] or ops.shape(tokens)[1]
        count = time if count is None else count  # read, the rest is padding
        view = _View(self.config, read, time, count)
        hidden = self.drop(self.embedding(tokens), training=training)
        after = []
        for block, (keys, values) in zip(self.blocks, caches, strict=True):
            keys, values = ops.cast(keys, self.compute_dtype), ops.cast(values, self.compute_dtype)
            hidden, keys, values = block(hidden, keys, values, view=view, training=training)
            after.append((keys, values))
        return hidden, (tuple(after), read + count)

    def _logits(self, hidden: Any) -> Any:
        hidden = self.norm(hidden)
        matrix = ops.cast(self.embedding.embeddings, self.compute_dtype)
        if hidden.shape[0] == 1 and hidden.shape[1] == 1:
            # Turned so that the matrix is not: XLA would transpose it anew for every token.
            logits = ops.transpose(ops.matmul(matrix, ops.transpose(hidden[:, 0])))[:, None]
        else:
            logits = ops.matmul(hidden, ops.transpose(matrix))
        return ops.cast(logits, "float32") + ops.cast(self.output_bias, "float32")

    def get_config(self) -> dict[str, Any]:
        """Keras' serialisation."""
        return {"config": self.config.to_json(), "seed": self.seed}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Any = None) -> TransformerNetwork:
        """An equal network, from `get_config`'s values."""
        return cls(TransformerConfig.from_json(config["config"]), seed=config["seed"])
