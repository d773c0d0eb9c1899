"""A recurrent language model over tokens: embedding, LSTM layers, tied output.

It knows token numbers only. Its state is an explicit value that goes in and comes out,
so that training can carry it from chunk to chunk and sampling from token to token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import keras
import numpy as np
from keras import ops

from musicgen.networks import NetworkConfigError


@dataclass(frozen=True, slots=True)
class LSTMConfig:
    """The shape of an `LSTMNetwork`.

    Attributes:
        vocabulary_size: number of tokens.
        embedding_dim: width of a token's vector, shared by input and output.
        units: width of each LSTM layer.
        layers: number of LSTM layers, ≥ 2.
        dropout: share of values dropped between layers while training, 0 ≤ dropout < 1.
    """

    vocabulary_size: int
    embedding_dim: int = 256
    units: int = 256
    layers: int = 2
    dropout: float = 0.3

    def __post_init__(self) -> None:
        for name, least in (("vocabulary_size", 2), ("embedding_dim", 1), ("units", 1), ("layers", 2)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise NetworkConfigError(
                    f"lstm: {name} is {value!r}, must be a whole number of at least {least}."
                )
        if not 0.0 <= self.dropout < 1.0:
            raise NetworkConfigError(f"lstm: dropout is {self.dropout!r}, must be at least 0 and below 1.")

    def to_json(self) -> dict[str, Any]:
        """The config as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> LSTMConfig:
        """Read what `to_json` wrote.

        Raises:
            NetworkConfigError: an unknown or missing entry, or a value out of range.
        """
        known = {field.name for field in fields(cls)}
        if unknown := set(data) - known:
            raise NetworkConfigError(f"lstm: unknown configuration {', '.join(sorted(unknown))}.")
        if "vocabulary_size" not in data:
            raise NetworkConfigError("lstm: the configuration lacks vocabulary_size.")
        return cls(**data)


@keras.saving.register_keras_serializable(package="musicgen")
class LSTMNetwork(keras.Model):
    """Predicts the next token from all before it.

    Layers of equal width are joined by a residual path, and the last is normalised before
    the output, whose matrix is the embedding's transpose (tied: Press & Wolf 2017,
    arXiv:1608.05859).

    Args:
        config: the shape.
        seed: of the first weights and of dropout; every layer draws its own from it.
    """

    def __init__(self, config: LSTMConfig, *, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**{"name": "lstm", **kwargs})
        self.config = config
        self.seed = seed
        seeds = iter(int(s) for s in np.random.SeedSequence(seed).generate_state(3 * config.layers + 3) >> 1)
        self.embedding = keras.layers.Embedding(
            config.vocabulary_size,
            config.embedding_dim,
            embeddings_initializer=keras.initializers.RandomNormal(
                stddev=config.embedding_dim**-0.5, seed=next(seeds)
            ),
            name="embedding",
        )
        self.recurrent = [
            keras.layers.LSTM(
                config.units,
                return_sequences=True,
                return_state=True,
                kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)),
                recurrent_initializer=keras.initializers.Orthogonal(seed=next(seeds)),
                seed=seed,  # for a dropout of its own that is off; left out, Keras would draw one at random
                name=f"lstm_{index}",
            )
            for index in range(config.layers)
        ]
        self.drops = [
            keras.layers.Dropout(config.dropout, seed=next(seeds), name=f"dropout_{index}")
            for index in range(config.layers + 1)
        ]
        self.norm = keras.layers.LayerNormalization(epsilon=1e-5, name="norm")
        self.projection = keras.layers.Dense(
            config.embedding_dim,
            use_bias=False,
            kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)),
            name="projection",
        )
        self.build((None, None))

    def build(self, input_shape: Any) -> None:
        """Make all weights; the input's shape (batch, time) does not matter to them."""
        width = self.config.embedding_dim
        self.embedding.build((None, None))
        for layer in self.recurrent:
            layer.build((None, None, width))
            width = self.config.units
        self.norm.build((None, None, width))
        self.projection.build((None, None, width))
        self.output_bias = self.add_weight(
            shape=(self.config.vocabulary_size,), initializer="zeros", name="output_bias"
        )
        self.built = True

    def initial_state(self, batch: int) -> Any:
        """The state before the first token: zeros (layers, 2, batch, units), h and c of each layer."""
        return ops.zeros((self.config.layers, 2, batch, self.config.units), dtype=self.compute_dtype)

    def forget(self, state: Any, starts: Any) -> Any:
        """The state with some rows as before the first token: those whose `starts` (batch,) is 1."""
        return state * ops.reshape(1 - ops.cast(starts, state.dtype), (1, 1, -1, 1))

    def call(self, tokens: Any, state: Any = None, training: bool | None = None) -> tuple[Any, Any]:
        """Logits for each next token, and the state after the last.

        Args:
            tokens: int (batch, time).
            state: (layers, 2, batch, units), zeros if left out.
            training: whether to drop.

        Returns:
            float32 logits (batch, time, vocabulary), and the new state, shaped as the old.
        """
        if state is None:
            state = ops.zeros(
                (self.config.layers, 2, ops.shape(tokens)[0], self.config.units), dtype=self.compute_dtype
            )
        state = ops.cast(state, self.compute_dtype)
        hidden = self.drops[0](self.embedding(tokens), training=training)
        after = []
        for index, layer in enumerate(self.recurrent):
            output, h, c = layer(hidden, initial_state=[state[index, 0], state[index, 1]])
            after.append(ops.stack([h, c]))
            hidden = self._joined(index, hidden, output)
            hidden = self.drops[index + 1](hidden, training=training)
        return self._logits(hidden), ops.stack(after)

    def step(self, tokens: Any, state: Any) -> tuple[Any, Any]:
        """One token on, without dropout: the inside of a sampling loop.

        Args:
            tokens: int (batch,).
            state: (layers, 2, batch, units).

        Returns:
            float32 logits (batch, vocabulary), and the new state.
        """
        hidden = self.embedding(tokens)
        after = []
        for index, layer in enumerate(self.recurrent):
            output, (h, c) = layer.cell(hidden, [state[index, 0], state[index, 1]])
            after.append(ops.stack([h, c]))
            hidden = self._joined(index, hidden, output)
        return self._logits(hidden), ops.stack(after)

    def _joined(self, index: int, before: Any, output: Any) -> Any:
        # The first layer changes the width, or turns tokens into music: no path around it.
        return output if index == 0 else before + output

    def _logits(self, hidden: Any) -> Any:
        hidden = self.projection(self.norm(hidden))
        matrix = ops.cast(self.embedding.embeddings, self.compute_dtype)
        if len(hidden.shape) == 2:
            # Turned so that the matrix is not: XLA would transpose it anew for every token.
            logits = ops.transpose(ops.matmul(matrix, ops.transpose(hidden)))
        else:
            logits = ops.matmul(hidden, ops.transpose(matrix))
        return ops.cast(logits, "float32") + ops.cast(self.output_bias, "float32")

    def get_config(self) -> dict[str, Any]:
        """Keras' serialisation: the shape and the seed."""
        return {"config": self.config.to_json(), "seed": self.seed}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Any = None) -> LSTMNetwork:
        """Build an equal network from `get_config`'s values."""
        return cls(LSTMConfig.from_json(config["config"]), seed=config["seed"])
