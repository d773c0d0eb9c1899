"""The sampling engine: one compiled loop with the network's state on the inside.

It knows tokens, a grammar and a network that can go one `step`; no seconds, no scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from keras import ops

from musicgen.representation import Vocabulary
from musicgen.sampling.choice import choose_tokens
from musicgen.sampling.compiled import compiled

CHUNK: Final = 128  # most tokens in one call of the compiled loop: progress and cancel come between
NO_TOKEN: Final = -1  # in `forced`: the network chooses
_DISCOURAGED: Final = -1e9  # not −inf: taken after all where the grammar leaves nothing else


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a call of the loop made.

    Attributes:
        tokens: int32 (count, batch); `pad` after a take has ended.
        end_probability: float32 (count, batch): how likely, before each token, the network
            held it that the piece ends here; 0 where the grammar does not let it end.
    """

    tokens: npt.NDArray[np.int32]
    end_probability: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Limits:
    """When a take may and must end, in grid ticks from its beginning."""

    least_ticks: int
    most_ticks: int


class Engine:
    """Draws tokens from a network, a batch of takes at a time.

    Args:
        network: has `initial_state(batch)` and `step(tokens, state)`.
        vocabulary: with its grammar.
        batch: takes side by side.
    """

    def __init__(self, network: Any, vocabulary: Vocabulary, *, batch: int = 1) -> None:
        self._network = network
        self._vocabulary = vocabulary
        self._batch = batch
        grammar = vocabulary.grammar()
        self._token_class = ops.convert_to_tensor(grammar.token_class.astype(np.int32))
        # Forbidden transitions are never looked up; an index must be one all the same.
        self._next_state = ops.convert_to_tensor(np.maximum(grammar.next_state, 0).astype(np.int32))
        self._forbidden = ops.convert_to_tensor(np.where(grammar.allowed, 0.0, -np.inf).astype(np.float32))
        self._ticks = ops.convert_to_tensor(vocabulary.ticks_of_token)
        self._after_bos = int(grammar.states_along([vocabulary.bos])[-1])
        self._loop = compiled(self._advance)

    def start(self) -> tuple[Any, ...]:
        """The takes before their first token: what `advance` carries on."""
        rows = (self._batch,)
        return (
            ops.full(rows, self._vocabulary.bos, dtype="int32"),
            self._network.initial_state(self._batch),
            ops.full(rows, self._after_bos, dtype="int32"),
            ops.zeros(rows, dtype="int32"),
            ops.zeros(rows, dtype="bool"),
        )

    def advance(
        self,
        takes: tuple[Any, ...],
        uniforms: npt.NDArray[np.float32],
        limits: Limits,
        *,
        temperature: float,
        top_k: int,
        top_p: float,
        forced: npt.NDArray[np.int32] | None = None,
    ) -> tuple[tuple[Any, ...], Chunk]:
        """Go on by some tokens, fewer if all takes end.

        Args:
            takes: from `start` or the last call.
            uniforms: float32 (count, batch) in [0, 1), count ≤ `CHUNK`; one decides each token.
            limits: a take is kept from ending before, and is broken off after.
            temperature, top_k, top_p: as for `choose_tokens`.
            forced: int32 (count, batch), tokens to take whatever the network says, or `NO_TOKEN`.

        Returns:
            The takes after, and what was made.
        """
        count = len(uniforms)
        filled = np.zeros((CHUNK, self._batch), np.float32)
        filled[:count] = uniforms
        given = np.full((CHUNK, self._batch), NO_TOKEN, np.int32)
        if forced is not None:
            given[:count] = forced
        made, takes, tokens, ends = self._loop(
            takes,
            ops.convert_to_tensor(filled),
            ops.convert_to_tensor(given),
            ops.convert_to_tensor(np.array([count, limits.least_ticks, limits.most_ticks, top_k], np.int32)),
            ops.convert_to_tensor(np.array([temperature, top_p], np.float32)),
        )
        steps = int(made)
        return takes, Chunk(ops.convert_to_numpy(tokens)[:steps], ops.convert_to_numpy(ends)[:steps])

    def _advance(self, takes: Any, uniforms: Any, forced: Any, whole: Any, real: Any) -> Any:
        shape = (CHUNK, self._batch)

        def goes_on(index: Any, takes: Any, tokens: Any, ends: Any) -> Any:
            return (index < whole[0]) & ops.any(~takes[4])

        def body(index: Any, takes: Any, tokens: Any, ends: Any) -> Any:
            takes, chosen, end = self._one_token(takes, uniforms[index], forced[index], whole, real)
            tokens = ops.slice_update(tokens, (index, 0), chosen[None])
            return index + 1, takes, tokens, ops.slice_update(ends, (index, 0), end[None])

        first = ops.convert_to_tensor(0, dtype="int32")
        empty = (ops.full(shape, self._vocabulary.pad, dtype="int32"), ops.zeros(shape, dtype="float32"))
        return ops.while_loop(goes_on, body, (first, takes, *empty))

    def _one_token(self, takes: Any, uniforms: Any, forced: Any, whole: Any, real: Any) -> Any:
        before, state, grammar_state, ticks, ended = takes
        eos = self._vocabulary.eos
        logits, state = self._network.step(before, state)
        forbidden = ops.take(self._forbidden, grammar_state, axis=0)
        logits = logits + ops.take(forbidden, self._token_class, axis=1)
        end = ops.softmax(logits, axis=-1)[:, eos]
        too_early = ops.where(ticks < whole[1], _DISCOURAGED, 0.0)
        is_eos = ops.arange(self._vocabulary.size) == eos
        logits = logits + ops.where(is_eos[None, :], too_early[:, None], 0.0)
        chosen = choose_tokens(logits, uniforms, temperature=real[0], top_k=whole[3], top_p=real[1])
        chosen = ops.where(forced == NO_TOKEN, chosen, forced)
        chosen = ops.where(ended, self._vocabulary.pad, chosen)
        end = ops.where(ended, 0.0, end)
        ticks = ticks + ops.take(self._ticks, chosen)
        kinds = ops.take(self._token_class, chosen)
        following = ops.take_along_axis(
            ops.take(self._next_state, grammar_state, axis=0), kinds[:, None], axis=1
        )
        ended = ended | (chosen == eos) | (ticks > whole[2])
        return (chosen, state, following[:, 0], ticks, ended), chosen, end
