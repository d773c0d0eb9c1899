"""C-RNN-GAN (Mogren 2016, arXiv:1611.09904): a recurrent generator against a recurrent judge.

`GeneratorNetwork`, two LSTM layers fed by noise and by its own previous output, makes cells of
continuous tones. `DiscriminatorNetwork`, two bidirectional LSTM layers with one output shared by
all steps and averaged over time, tells them from real ones. A network that composes is the
generator alone; it knows numbers from −1 to 1, no scores.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

import keras
import numpy as np
from keras import ops

from musicgen.networks import NetworkConfigError
from musicgen.networks.tone_output import Choose, DirectTones, ToneLens, ToneMixture, choose_plainly

_LEAST: Final = {
    "tones_per_cell": 1,
    "units": 1,
    "discriminator_units": 1,
    "layers": 1,
    "noise": 1,
    "marks": 2,
    "pitch_marks": 2,
    "octave_marks": 1,
}


@dataclass(frozen=True, slots=True)
class CRNNGANConfig:
    """The shape of both networks.

    Attributes:
        tones_per_cell: 1, or 3 for C-RNN-GAN-3.
        units: width of each of the generator's LSTM layers.
        discriminator_units: of each direction of each of the discriminator's.
        layers: LSTM layers of each network; the paper has two.
        noise: uniform numbers that the generator's first layer reads at every step.
        output: "direct" as in the paper, where a cell is a linear function of the last layer; or
            "mixture", where noise chooses among bells (see `ToneMixture`) and both networks see
            cells through a `ToneLens`.
        marks, pitch_marks, octave_marks: of the lens and the mixture; unused if direct.
    """

    tones_per_cell: int = 1
    units: int = 192
    discriminator_units: int = 96
    layers: int = 2
    noise: int = 4
    output: str = "mixture"
    marks: int = 24
    pitch_marks: int = 88
    octave_marks: int = 12

    def __post_init__(self) -> None:
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise NetworkConfigError(
                    f"crnn_gan: {name} is {value!r}, must be a whole number of at least {least}."
                )
        if self.output not in ("direct", "mixture"):
            raise NetworkConfigError(f"crnn_gan: output is {self.output!r}, must be direct or mixture.")

    @property
    def cell(self) -> int:
        """Numbers in a cell."""
        return 3 * self.tones_per_cell + 1

    def to_json(self) -> dict[str, Any]:
        """The config as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CRNNGANConfig:
        """Read what `to_json` wrote.

        Raises:
            NetworkConfigError: an unknown entry, or a value out of range.
        """
        if unknown := set(data) - {field.name for field in fields(cls)}:
            raise NetworkConfigError(f"crnn_gan: unknown configuration {', '.join(sorted(unknown))}.")
        return cls(**data)


@keras.saving.register_keras_serializable(package="musicgen")
class GeneratorNetwork(keras.Model):
    """Makes cells out of noise, each from all before it.

    Args:
        config: the shape.
        seed: of the first weights.
    """

    def __init__(self, config: CRNNGANConfig, *, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**{"name": "crnn_gan", **kwargs})
        self.config = config
        self.seed = seed
        seeds = iter(_seeds(seed, 2 * config.layers + 2))
        self.lens = _lens(config) if config.output == "mixture" else None
        self.features = self.lens.features if self.lens else config.cell
        self.recurrent = [
            _lstm(config.units, seeds, return_state=True, name=f"lstm_{index}")
            for index in range(config.layers)
        ]
        self.uttering: Any = (
            DirectTones(config.cell, seed=next(seeds))
            if self.lens is None
            else ToneMixture(self.lens, config.units, seed=next(seeds))
        )
        self.build((None, None, None))

    @property
    def noise(self) -> int:
        """Uniform numbers that a step takes."""
        return self.config.noise + int(self.uttering.noise)

    def build(self, input_shape: Any) -> None:
        """Make all weights; the input's shape (batch, time, noise) does not matter to them."""
        width = self.config.noise + self.features
        for layer in self.recurrent:
            layer.build((None, None, width))
            width = self.config.units
        self.uttering.build((None, width))
        self.built = True

    def place(self, cells: Any) -> None:
        """Fit grids and bells to a corpus, before the first step of training.

        Args:
            cells: float32 (cells, numbers).
        """
        if self.lens is not None:
            self.lens.place(cells)
            self.uttering.place()

    def see(self, cells: Any) -> Any:
        """Cells as both networks see them: float32 (…, numbers) to (…, features)."""
        return self.lens(cells) if self.lens is not None else cells

    def initial_state(self, batch: int) -> tuple[Any, Any]:
        """Before the first cell: zeros (layers, 2, batch, units), and no output yet (batch, features)."""
        memory = ops.zeros((self.config.layers, 2, batch, self.config.units), dtype=self.compute_dtype)
        return memory, ops.zeros((batch, self.features), dtype="float32")

    def step(self, noise: Any, state: tuple[Any, Any], choose: Choose = choose_plainly) -> tuple[Any, Any]:
        """One cell on: the inside of every generation.

        Args:
            noise: float32 (batch, `noise`), uniform in [0, 1).
            state: as from `initial_state`.
            choose: how to choose among the mixture's bells.

        Returns:
            Cells float32 (batch, numbers), and the state after.
        """
        memory, previous = state
        hidden = ops.concatenate([noise[:, : self.config.noise], previous], axis=-1)
        after = []
        for index, layer in enumerate(self.recurrent):
            hidden = ops.cast(hidden, self.compute_dtype)
            hidden, (h, c) = layer.cell(hidden, [memory[index, 0], memory[index, 1]])
            after.append(ops.stack([h, c]))
        hidden = ops.cast(hidden, "float32")
        cell, seen = self.uttering(hidden, noise[:, self.config.noise :], choose=choose)
        return cell, (ops.stack(after), seen)

    def call(self, noise: Any, state: Any = None, choose: Choose = choose_plainly) -> tuple[Any, Any, Any]:
        """Generate freely.

        Args:
            noise: float32 (batch, time, `noise`), uniform in [0, 1).
            state: as from `initial_state`, the beginning if left out.
            choose: as for `step`.

        Returns:
            Cells float32 (batch, time, numbers); the same as the networks see them (batch, time,
            features), through which gradients flow; the state after the last.
        """
        if state is None:
            state = self.initial_state(noise.shape[0])

        numbers = self.config.cell

        # What is kept of each step must be shaped as what is carried on: TensorFlow's scan asks it.
        def on(carried: tuple[Any, Any], now: Any) -> tuple[Any, Any]:
            cell, (memory, seen) = self.step(now, (carried[0], carried[1][:, numbers:]), choose)
            after = memory, ops.concatenate([cell, seen], axis=-1)
            return after, after

        memory, previous = state
        start = memory, ops.pad(previous, [[0, 0], [numbers, 0]])
        (memory, last), (_, made) = ops.scan(on, start, ops.transpose(noise, (1, 0, 2)))
        made = ops.transpose(made, (1, 0, 2))
        return made[..., :numbers], made[..., numbers:], (memory, last[:, numbers:])

    def next_event_loss(self, noise: Any, cells: Any) -> Any:
        """How badly each cell is foretold by the real ones before it.

        Args:
            noise: float32 (batch, time, `noise`).
            cells: float32 (batch, time, numbers), real ones; the first is foretold from nothing.

        Returns:
            Scalar: squared error a number if direct (the paper's pretraining), nats a cell if a mixture.
        """
        seen = self.see(cells)
        before = ops.concatenate([ops.zeros_like(seen[:, :1]), seen[:, :-1]], axis=1)
        hidden, _ = self._taught(noise, before)
        return self.uttering.loss(ops.cast(hidden, "float32"), cells)

    def read(self, noise: Any, cells: Any) -> tuple[Any, Any]:
        """The state after some cells that were given, not made; arguments as for `next_event_loss`."""
        seen = self.see(cells)
        before = ops.concatenate([ops.zeros_like(seen[:, :1]), seen[:, :-1]], axis=1)
        return self._taught(noise, before)[1], ops.cast(seen[:, -1], "float32")

    def _taught(self, noise: Any, before: Any) -> tuple[Any, Any]:
        hidden = ops.concatenate([noise[..., : self.config.noise], before], axis=-1)
        after = []
        for layer in self.recurrent:
            hidden, h, c = layer(hidden)
            after.append(ops.stack([h, c]))
        return hidden, ops.stack(after)

    def get_config(self) -> dict[str, Any]:
        """Keras' serialisation: the shape and the seed."""
        return {"config": self.config.to_json(), "seed": self.seed}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Any = None) -> GeneratorNetwork:
        """Build an equal network from `get_config`'s values."""
        return cls(CRNNGANConfig.from_json(config["config"]), seed=config["seed"])


@keras.saving.register_keras_serializable(package="musicgen")
class DiscriminatorNetwork(keras.Model):
    """Judges whether sequences are real.

    Args:
        config: the shape.
        seed: of the first weights.
    """

    def __init__(self, config: CRNNGANConfig, *, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**{"name": "discriminator", **kwargs})
        self.config = config
        self.seed = seed
        seeds = iter(_seeds(seed, 4 * config.layers + 2))
        self.features = _lens(config).features if config.output == "mixture" else config.cell
        self.recurrent = [
            keras.layers.Bidirectional(
                _lstm(config.discriminator_units, seeds, name=f"forward_{index}"),
                backward_layer=_lstm(
                    config.discriminator_units, seeds, go_backwards=True, name=f"backward_{index}"
                ),
                name=f"both_ways_{index}",
            )
            for index in range(config.layers)
        ]
        self.verdict = keras.layers.Dense(
            1,
            kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)),
            dtype="float32",
            name="verdict",
        )
        self.build((None, None, self.features))

    def build(self, input_shape: Any) -> None:
        """Make all weights."""
        width = self.features
        for layer in self.recurrent:
            layer.build((None, None, width))
            width = 2 * self.config.discriminator_units
        self.verdict.build((None, None, width))
        self.built = True

    def call(self, seen: Any) -> tuple[Any, Any]:
        """Judge sequences.

        Args:
            seen: float32 (batch, time, features), cells as `GeneratorNetwork.see` gives them.

        Returns:
            Logits float32 (batch,), above 0 for real: the mean over time of one output shared by
            all steps; and what the last layer made of each step, (batch, time, 2 · units).
        """
        hidden = seen
        for layer in self.recurrent:
            hidden = layer(hidden)
        return ops.mean(self.verdict(hidden)[..., 0], axis=1), hidden

    def get_config(self) -> dict[str, Any]:
        """Keras' serialisation: the shape and the seed."""
        return {"config": self.config.to_json(), "seed": self.seed}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Any = None) -> DiscriminatorNetwork:
        """Build an equal network from `get_config`'s values."""
        return cls(CRNNGANConfig.from_json(config["config"]), seed=config["seed"])


def _seeds(seed: int, count: int) -> list[int]:
    return [int(s) for s in np.random.SeedSequence(seed).generate_state(count) >> 1]


def _lens(config: CRNNGANConfig) -> ToneLens:
    return ToneLens(config.tones_per_cell, config.marks, config.pitch_marks, config.octave_marks)


def _lstm(units: int, seeds: Any, **more: Any) -> Any:
    return keras.layers.LSTM(
        units,
        return_sequences=True,
        kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)),
        recurrent_initializer=keras.initializers.Orthogonal(seed=next(seeds)),
        seed=0,  # for a dropout of its own that is off; left out, Keras would draw one at random
        **more,
    )
