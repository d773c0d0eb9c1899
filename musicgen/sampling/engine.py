"""The sampling engine: one compiled loop with the network's state on the inside.

It knows tokens, a grammar and a network that can go one `step`; no seconds, no scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from musicgen.representation import Vocabulary
from musicgen.sampling.choice import Choice, choose_tokens
from musicgen.sampling.compiled import compiled
from musicgen.sampling.kinds import kinds_of
from musicgen.sampling.steering import CHUNK

NO_TOKEN: Final = -1  # in `forced`: the network chooses
_DISCOURAGED: Final = -1e9  # not −inf: taken after all where the grammar leaves nothing else
_REMEMBERED: Final = 0.97  # of how lately a token was struck, from token to token: half after 23
_READ: Final = 64  # tokens of a prompt that are read at once

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a call of the loop made.

    Attributes:
        tokens: int32 (count, batch); `pad` after a take has ended.
        end_probability: float32 (count, batch): how likely, before each token, the network
            held it that the piece ends here; 0 where the grammar does not let it end.
    """

    tokens: Integers
    end_probability: Floats


@dataclass(frozen=True, slots=True)
class Steering:
    """What draws the choice of all takes one way.

    Attributes:
        amount_of_token: int32 (vocabulary,), what the limits count.
        bias: float32 (vocabulary,), added to the logits.
        slope: float32 (vocabulary,), added times each take's `strength`.
    """

    amount_of_token: Integers
    bias: Floats
    slope: Floats


@dataclass(frozen=True, slots=True)
class Limits:
    """When takes may and must end, in what `Steering` counts; int32 (batch,) each."""

    least: Integers
    most: Integers


class Engine:
    """Draws tokens from a network, a batch of takes at a time.

    Args:
        network: has `initial_state(batch)` and `step(tokens, state)`.
        vocabulary: with its grammar.
        batch: takes side by side.
    """

    def __init__(self, network: Any, vocabulary: Vocabulary, *, batch: int = 1) -> None:
        self.batch = batch
        self._network = network
        self._vocabulary = vocabulary
        grammar = vocabulary.grammar()
        self._token_class = ops.convert_to_tensor(grammar.token_class.astype(np.int32))
        # Forbidden transitions are never looked up; an index must be one all the same.
        self._next_state = ops.convert_to_tensor(np.maximum(grammar.next_state, 0).astype(np.int32))
        self._forbidden = ops.convert_to_tensor(np.where(grammar.allowed, 0.0, -np.inf).astype(np.float32))
        self._strikes = ops.convert_to_tensor((vocabulary.note_count_of_token > 0).astype(np.float32))
        self._kinds = kinds_of(vocabulary)
        self._after_bos = int(grammar.states_along([vocabulary.bos])[-1])
        self._loop = compiled(self._advance, network.variables)
        self._read = compiled(
            network.prefill if hasattr(network, "prefill") else self._stepped, network.variables
        )

    def start(self, is_taken: npt.NDArray[np.bool_] | None = None) -> tuple[Any, ...]:
        """The takes before their first token: what `advance` carries on.

        Args:
            is_taken: bool (batch,), which rows are drawn at all; every one if left out.
        """
        rows = (self.batch,)
        absent = np.zeros(rows, np.bool_) if is_taken is None else ~is_taken
        return (
            ops.full(rows, self._vocabulary.bos, dtype="int32"),
            self._network.initial_state(self.batch),
            ops.full(rows, self._after_bos, dtype="int32"),
            ops.zeros(rows, dtype="int32"),
            ops.convert_to_tensor(absent),
            ops.zeros((self.batch, self._vocabulary.size), dtype="float32"),
        )

    def begun(self, given: Integers, amount: int, is_taken: npt.NDArray[np.bool_]) -> tuple[Any, ...]:
        """The takes after some tokens, read at once by the first of them and handed to all.

        Args:
            given: int32 (n,), `bos` first, at least two.
            amount: of what is counted, in them.
            is_taken: as for `start`.
        """
        before, _, _, _, ended, lately = self.start(is_taken)
        state = self._state_after(given[:-1])
        strikes = np.asarray(self._vocabulary.note_count_of_token > 0, np.float32)
        faded = _REMEMBERED ** np.arange(len(given) - 1, -1, -1, dtype=np.float32)
        remembered = np.bincount(given, faded * strikes[given], minlength=self._vocabulary.size)
        grammar_state = int(self._vocabulary.grammar().states_along(given)[-1])
        return (
            ops.full_like(before, int(given[-1])),
            self._spread(state),
            ops.full_like(before, grammar_state),
            ops.full_like(before, amount),
            ended,
            lately + remembered.astype(np.float32)[None],
        )

    def _state_after(self, tokens: Integers) -> Any:
        """The state of one row that has read some tokens: in chunks of one length, the last one padded."""
        state = self._network.initial_state(1)
        for begin in range(0, len(tokens), _READ):
            chunk = tokens[begin : begin + _READ]
            padded = np.full((1, _READ), self._vocabulary.pad, np.int32)
            padded[0, : len(chunk)] = chunk
            count = ops.convert_to_tensor(np.int32(len(chunk)))
            state = self._read(ops.convert_to_tensor(padded), count, state)
        return state

    def _stepped(self, tokens: Any, count: Any, state: Any) -> Any:
        """As a network's `prefill`, of one that can only go step by step."""

        def body(place: Any, state: Any) -> Any:
            return place + 1, self._network.step(tokens[:, place], state)[1]

        first = ops.convert_to_tensor(0, dtype="int32")
        return ops.while_loop(lambda place, _: place < count, body, (first, state))[1]

    def _spread(self, state: Any) -> Any:
        """The state of one row for every row: along the axis that grows with the batch."""
        one, two = self._network.initial_state(1), self._network.initial_state(2)

        def repeated(value: Any, single: Any, double: Any) -> Any:
            axis = next(i for i, (a, b) in enumerate(zip(single.shape, double.shape, strict=True)) if a != b)
            return ops.repeat(ops.cast(value, single.dtype), self.batch, axis=axis)

        return keras.tree.map_structure(repeated, state, one, two)

    def advance(
        self,
        takes: tuple[Any, ...],
        uniforms: Floats,
        limits: Limits,
        choice: Choice,
        steering: Steering,
        *,
        strength: Floats | None = None,
        forced: Integers | None = None,
    ) -> tuple[tuple[Any, ...], Chunk]:
        """Go on by some tokens, fewer if all takes end.

        Args:
            takes: from `start` or the last call.
            uniforms: float32 (count, batch) in [0, 1), count ≤ `CHUNK`; one decides each token.
            limits: a take is kept from ending before, and is broken off after.
            choice: how boldly.
            steering: whereto.
            strength: float32 (batch,), of the steering's slope; zeros if left out.
            forced: int32 (count, batch), tokens to take whatever the network says, or `NO_TOKEN`.

        Returns:
            The takes after, and what was made.
        """
        count = len(uniforms)
        filled = np.zeros((CHUNK, self.batch), np.float32)
        filled[:count] = uniforms
        given = np.full((CHUNK, self.batch), NO_TOKEN, np.int32)
        if forced is not None:
            given[:count] = forced
        strengths = np.zeros(self.batch, np.float32) if strength is None else strength
        whole = np.array([count, choice.top_k], np.int32)
        real = np.array([choice.temperature, choice.top_p, choice.min_p, choice.repetition], np.float32)
        bounds = np.stack([limits.least, limits.most]).astype(np.int32)
        steers = (steering.amount_of_token, steering.bias, steering.slope, strengths)
        made, takes, tokens, ends = self._loop(
            takes,
            *(ops.convert_to_tensor(value) for value in (filled, given, whole, real, bounds)),
            tuple(ops.convert_to_tensor(value) for value in steers),
        )
        steps = int(made)
        return takes, Chunk(ops.convert_to_numpy(tokens)[:steps], ops.convert_to_numpy(ends)[:steps])

    def _advance(
        self, takes: Any, uniforms: Any, forced: Any, whole: Any, real: Any, bounds: Any, steers: Any
    ) -> Any:
        shape = (CHUNK, self.batch)

        def goes_on(index: Any, takes: Any, tokens: Any, ends: Any) -> Any:
            return (index < whole[0]) & ops.any(~takes[4])

        def body(index: Any, takes: Any, tokens: Any, ends: Any) -> Any:
            takes, chosen, end = self._one_token(
                takes, uniforms[index], forced[index], whole[1], real, bounds, steers
            )
            tokens = ops.slice_update(tokens, (index, 0), chosen[None])
            return index + 1, takes, tokens, ops.slice_update(ends, (index, 0), end[None])

        first = ops.convert_to_tensor(0, dtype="int32")
        empty = (ops.full(shape, self._vocabulary.pad, dtype="int32"), ops.zeros(shape, dtype="float32"))
        return ops.while_loop(goes_on, body, (first, takes, *empty))

    def _one_token(
        self, takes: Any, uniforms: Any, forced: Any, top_k: Any, real: Any, bounds: Any, steers: Any
    ) -> Any:
        before, state, grammar_state, amount, ended, lately = takes
        amount_of_token, bias, slope, strength = steers
        eos = self._vocabulary.eos
        logits, state = self._network.step(before, state)
        forbidden = ops.take(self._forbidden, grammar_state, axis=0)
        logits = logits + ops.take(forbidden, self._token_class, axis=1)
        end = ops.softmax(logits, axis=-1)[:, eos]
        too_early = ops.where(amount < bounds[0], _DISCOURAGED, 0.0)
        is_eos = ops.arange(self._vocabulary.size) == eos
        logits = logits + ops.where(is_eos[None, :], too_early[:, None], 0.0)
        logits = logits + bias[None, :] + strength[:, None] * slope[None, :] - real[3] * lately
        chosen = choose_tokens(
            logits,
            uniforms,
            temperature=real[0],
            top_k=top_k,
            top_p=real[1],
            min_p=real[2],
            kinds=self._kinds,
        )
        chosen = ops.where(forced == NO_TOKEN, chosen, forced)
        chosen = ops.where(ended, self._vocabulary.pad, chosen)
        end = ops.where(ended, 0.0, end)
        amount = amount + ops.take(amount_of_token, chosen)
        kinds = ops.take(self._token_class, chosen)
        following = ops.take_along_axis(
            ops.take(self._next_state, grammar_state, axis=0), kinds[:, None], axis=1
        )
        is_chosen = ops.arange(self._vocabulary.size, dtype="int32")[None, :] == chosen[:, None]
        lately = _REMEMBERED * lately + ops.where(is_chosen, self._strikes[None, :], 0.0)
        ended = ended | (chosen == eos) | (amount > bounds[1])
        return (chosen, state, following[:, 0], amount, ended, lately), chosen, end
