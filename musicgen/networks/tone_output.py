"""How a network sees continuous tones, and how it utters them.

Cells of `tones` are numbers from −1 to 1. `ToneLens` spreads each number over a grid, as a ruler
with marks would, so that a network tells neighbouring semitones apart as easily as octaves.
`ToneMixture` is the way back: for each number a mixture of narrow bells, chosen by noise, so that
what comes out is continuous and yet can be one of several things, not their mean. Knows arrays
only; no scores, no corpora.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

LEAST_WIDTH: Final = 5e-4  # of a bell: 2 cents on a piano's 87 keys
EDGE: Final = 3e-3  # a number nearer to −1 is −1: no pause, an absent tone
_FEATURES_PER_TONE: Final = 3  # length, pitch, intensity
_NOISE_PER_NUMBER: Final = 2  # which bell, and where in it
_LOG_ROOT_TAU: Final = 0.5 * math.log(2.0 * math.pi)

# Logits (batch, bells), uniforms (batch,), whether they are of a pitch → int32 (batch,).
Choose = Callable[[Any, Any, bool], Any]


def choose_plainly(logits: Any, uniforms: Any, is_pitch: bool = False) -> Any:
    """The bell in whose share of the probability the uniform number falls, int32 (batch,)."""
    reached = ops.cumsum(ops.softmax(logits, axis=-1), axis=-1)
    passed = ops.cast(reached <= uniforms[:, None] * reached[:, -1:], "int32")
    return ops.minimum(ops.sum(passed, axis=-1), logits.shape[-1] - 1)


class ToneLens(keras.layers.Layer):
    """Each number of a cell as itself and as hats on a grid; pitch also by its place in the octave.

    Args:
        tones_per_cell: of the cells.
        marks: of the grids of lengths, intensities and times.
        pitch_marks: of the grid of pitches, evenly over the corpus's range.
        octave_marks: how many of them make an octave.
    """

    def __init__(
        self, tones_per_cell: int, marks: int, pitch_marks: int, octave_marks: int, **kwargs: Any
    ) -> None:
        super().__init__(**{"name": "lens", "trainable": False, "dtype": "float32", **kwargs})
        self.columns = _FEATURES_PER_TONE * tones_per_cell + 1
        self.is_pitch = [column % 3 == 1 and column < self.columns - 1 for column in range(self.columns)]
        self.marks = [pitch_marks if pitch else marks for pitch in self.is_pitch]
        self.widths = [
            1 + count + (octave_marks if pitch else 0)
            for count, pitch in zip(self.marks, self.is_pitch, strict=True)
        ]
        self._octave = np.eye(octave_marks, dtype=np.float32)[np.arange(pitch_marks) % octave_marks]
        self.build(())

    @property
    def features(self) -> int:
        """Numbers that a cell becomes."""
        return sum(self.widths)

    def build(self, input_shape: Any) -> None:
        """Make the grids, evenly spread until `place`."""
        self.grids = [
            self.add_weight(
                shape=(count,),
                initializer=_even,
                trainable=False,
                name=f"grid_{column}",
            )
            for column, count in enumerate(self.marks)
        ]
        self.built = True

    def place(self, cells: npt.NDArray[np.float32]) -> None:
        """Lay the grids where the numbers of a corpus lie; pitches stay evenly spread.

        Args:
            cells: float32 (cells, columns).
        """
        for column, grid in enumerate(self.grids):
            if not self.is_pitch[column]:
                grid.assign(_quantiles(cells[:, column], self.marks[column]))

    def call(self, cells: Any) -> Any:
        """float32 (…, columns) to float32 (…, features)."""
        return ops.concatenate([self.column(i, cells[..., i]) for i in range(self.columns)], axis=-1)

    def column(self, column: int, numbers: Any) -> Any:
        """One column: float32 (…) to float32 (…, widths[column])."""
        grid = ops.convert_to_tensor(self.grids[column])
        given = ops.clip(numbers, grid[0], grid[-1])[..., None]
        gaps = grid[1:] - grid[:-1]
        one = ops.ones((1,))
        rising = ops.concatenate([one, gaps]), ops.concatenate([grid[:1] - 1.0, grid[:-1]])
        falling = ops.concatenate([gaps, one]), ops.concatenate([grid[1:], grid[-1:] + 1.0])
        hats = ops.relu(ops.minimum((given - rising[1]) / rising[0], (falling[1] - given) / falling[0]))
        parts = [numbers[..., None], hats]
        if self.is_pitch[column]:
            parts.append(ops.matmul(hats, self._octave))
        return ops.concatenate(parts, axis=-1)


class ToneMixture(keras.layers.Layer):
    """A cell out of a hidden vector and noise, number by number, each knowing those before.

    Each number comes from a mixture whose bells stand where training moves them, the same at every
    step (tied, as in semi-continuous hidden Markov models); the hidden vector says how likely each
    is. Time since the last cell comes first, then pitch, intensity and length of each tone.

    Gradients pass the choice of a bell straight through to its probability (Bengio et al. 2013,
    arXiv:1308.3432), and into a bell as into any reparameterised normal variable.

    Args:
        lens: how a number already uttered is seen.
        context: width of the vector that the choices are made from.
        seed: of the first weights.
    """

    def __init__(self, lens: ToneLens, context: int, *, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**{"name": "mixture", "dtype": "float32", **kwargs})
        self._lens = lens
        tones = range((lens.columns - 1) // _FEATURES_PER_TONE)
        # Within a tone: pitch, intensity, length.
        self.order = [lens.columns - 1, *(3 * tone + part for tone in tones for part in (1, 2, 0))]
        seeds = iter(int(s) for s in np.random.SeedSequence(seed).generate_state(3 * lens.columns + 1) >> 1)

        def dense(width: int, name: str, *, bias: bool = True) -> Any:
            start = keras.initializers.GlorotUniform(seed=next(seeds))
            return keras.layers.Dense(
                width, use_bias=bias, kernel_initializer=start, dtype="float32", name=name
            )

        self._context = dense(context, "context")
        self._choices = [dense(marks, f"choice_{column}") for column, marks in enumerate(lens.marks)]
        self._told = [dense(context, f"told_{column}", bias=False) for column in self.order[:-1]]
        self._width = context

    @property
    def noise(self) -> int:
        """Uniform numbers that a cell takes."""
        return _NOISE_PER_NUMBER * self._lens.columns

    def build(self, input_shape: Any) -> None:
        """Make all weights; the hidden vector's width is the input's last."""
        self._context.build(input_shape)
        for choice in self._choices:
            choice.build((None, self._width))
        for told, column in zip(self._told, self.order, strict=False):
            told.build((None, self._lens.widths[column]))
        self.means = [
            self.add_weight(shape=(count,), initializer=_even, name=f"mean_{column}")
            for column, count in enumerate(self._lens.marks)
        ]
        self.log_widths = [
            self.add_weight(
                shape=(count,),
                initializer=keras.initializers.Constant(-math.log(count)),
                name=f"log_width_{column}",
            )
            for column, count in enumerate(self._lens.marks)
        ]
        self.built = True

    def place(self) -> None:
        """Begin with a bell at each mark of the lens's grids, half a gap wide."""
        for column in self.order:
            grid = np.asarray(self._lens.grids[column])
            gaps = np.diff(grid)
            self.means[column].assign(grid)
            near = np.minimum(np.append(gaps, gaps[-1]), np.insert(gaps, 0, gaps[0]))
            self.log_widths[column].assign(np.log(np.maximum(near / 2, LEAST_WIDTH)))

    def call(self, hidden: Any, noise: Any, choose: Choose = choose_plainly) -> tuple[Any, Any]:
        """One cell a row.

        Args:
            hidden: (batch, width).
            noise: float32 (batch, `noise`), uniform in [0, 1).
            choose: which bell.

        Returns:
            Cells float32 (batch, columns), and as the lens sees them (batch, features), through
            which gradients reach the choices.
        """
        context = self._context(hidden)
        numbers: dict[int, Any] = {}
        seen: dict[int, Any] = {}
        for place, column in enumerate(self.order):
            logits = self._choices[column](ops.tanh(context))
            low, high = noise[:, 2 * place], noise[:, 2 * place + 1]
            numbers[column], seen[column] = self._uttered(column, logits, low, high, choose)
            if place < len(self._told):
                context = context + self._told[place](seen[column])
        columns = range(len(self.order))
        return (
            ops.stack([numbers[column] for column in columns], axis=-1),
            ops.concatenate([seen[column] for column in columns], axis=-1),
        )

    def loss(self, hidden: Any, cells: Any) -> Any:
        """Nats a cell, a scalar; see `nats`."""
        return ops.mean(ops.sum(self.nats(hidden, cells), axis=-1))

    def nats(self, hidden: Any, cells: Any) -> Any:
        """−ln of the density of each number of some cells, given those before it in its cell.

        Args:
            hidden: (batch, time, width).
            cells: float32 (batch, time, columns).

        Returns:
            float32 (batch, time, columns).
        """
        context = self._context(hidden)
        nats: dict[int, Any] = {}
        for place, column in enumerate(self.order):
            scores = ops.log_softmax(self._choices[column](ops.tanh(context)), axis=-1)
            given = cells[..., column]
            width = self._bell_widths(column)
            apart = (given[..., None] - self.means[column]) / width
            bells = -0.5 * ops.square(apart) - ops.log(width) - _LOG_ROOT_TAU
            nats[column] = -ops.logsumexp(scores + bells, axis=-1)
            if place < len(self._told):
                context = context + self._told[place](self._lens.column(column, given))
        return ops.stack([nats[column] for column in range(len(self.order))], axis=-1)

    def _bell_widths(self, column: int) -> Any:
        return LEAST_WIDTH + ops.exp(self.log_widths[column])

    def _uttered(self, column: int, logits: Any, low: Any, high: Any, choose: Choose) -> tuple[Any, Any]:
        chosen = ops.one_hot(
            choose(logits, low, self._lens.is_pitch[column]), logits.shape[-1], dtype="float32"
        )
        means = ops.convert_to_tensor(self.means[column])
        # A normal variable out of a uniform one; the edges are cut so that it stays finite.
        normal = math.sqrt(2.0) * ops.erfinv(2.0 * ops.clip(high, 1e-4, 1.0 - 1e-4) - 1.0)
        number = ops.matmul(chosen, means) + ops.matmul(chosen, self._bell_widths(column)) * normal
        number = ops.clip(number, -1.0, 1.0)
        number = ops.where(number < EDGE - 1.0, -1.0, number)
        expected = ops.matmul(
            ops.softmax(logits, axis=-1), ops.stop_gradient(self._lens.column(column, means))
        )
        return number, self._lens.column(column, number) + expected - ops.stop_gradient(expected)


class DirectTones(keras.layers.Layer):
    """The paper's output: a cell is a linear function of the hidden vector. As `ToneMixture`, else.

    Args:
        columns: numbers in a cell.
        seed: of the first weights.
    """

    noise: Final = 0

    def __init__(self, columns: int, *, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**{"name": "direct", "dtype": "float32", **kwargs})
        start = keras.initializers.GlorotUniform(seed=seed)
        self._cell = keras.layers.Dense(columns, kernel_initializer=start, dtype="float32", name="cell")

    def build(self, input_shape: Any) -> None:
        """Make all weights."""
        self._cell.build(input_shape)
        self.built = True

    def call(self, hidden: Any, noise: Any, choose: Choose = choose_plainly) -> tuple[Any, Any]:
        """One cell a row, twice: the networks see it as it is. Noise has come in through `hidden`."""
        cell = self._cell(hidden)
        return cell, cell

    def loss(self, hidden: Any, cells: Any) -> Any:
        """Squared error a number, a scalar."""
        return ops.mean(ops.square(self._cell(hidden) - cells))


def _even(shape: tuple[int, ...], dtype: Any = None) -> Any:
    return ops.linspace(-1.0, 1.0, shape[0], dtype=dtype or "float32")


def _quantiles(numbers: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.float32]:
    """Marks where the numbers lie densest, the first at −1, ascending by at least 0.004."""
    inside = numbers[numbers > EDGE - 1.0]
    if not len(inside):
        inside = np.linspace(-0.9, 1.0, count, dtype=np.float32)
    least = 0.004
    marks = np.concatenate([[-1.0], np.quantile(inside, np.linspace(0.0, 1.0, count - 1))])
    steps = np.arange(count) * least
    marks = np.maximum.accumulate(marks - steps) + steps
    over = max(0.0, float(marks[-1]) - 1.0)
    return np.asarray(marks if not over else -1.0 + (marks + 1.0) * 2.0 / (2.0 + over), np.float32)
