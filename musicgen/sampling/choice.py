"""Choosing a token from logits: mask, temperature, top-k, top-p and one random number.

Pure tensor functions, the same on every Keras backend. The random number comes in from
outside, so that a choice depends on nothing but its arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from keras import ops

from musicgen.sampling.kinds import Kinds

_NEVER: Final = -1e30  # a logit that is finite, for a kind of which nothing may follow
_HALVINGS: Final = 24  # a threshold is found to 2⁻²⁴ of the greatest weight, float32's own precision


@dataclass(frozen=True, slots=True)
class Choice:
    """How boldly to choose.

    Attributes:
        temperature, top_k, top_p, min_p: as for `choose_tokens`.
        repetition: nats that a token loses for each time it was struck lately.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 0.95
    min_p: float = 0.0
    repetition: float = 0.0


def choose_tokens(
    logits: Any,
    uniforms: Any,
    *,
    temperature: Any,
    top_k: Any,
    top_p: Any,
    min_p: Any = 0.0,
    kinds: Kinds | None = None,
) -> Any:
    """Draw one token a row.

    Of the `top_k` likeliest tokens (all, if it is 0), the fewest that together hold `top_p` of
    their probability stay (Holtzman et al. 2020, arXiv:1904.09751); among equals at the edge
    all stay. Of these go the ones less than `min_p` times as likely as the likeliest (Nguyen et
    al. 2024, arXiv:2407.01082). The uniform number picks one of them by the inverse of their distribution
    function. Thresholds are found by halving, not by sorting: a vocabulary of 2,000 tokens is
    cut in a quarter of the time.

    Args:
        logits: float32 (batch, vocabulary); −inf where a token may not follow. At least one
            in each row is finite.
        uniforms: float32 (batch,), in [0, 1).
        temperature: float32 scalar > 0.
        top_k: int32 scalar.
        top_p: float32 scalar in (0, 1].
        min_p: float32 scalar in [0, 1].
        kinds: of tokens; each keeps the probability that the network gives it as a whole, and all of the
            above holds within it.

    Returns:
        int32 (batch,).
    """
    if kinds is None:
        weights = _kept(logits / temperature, top_k, top_p, min_p)
    else:
        count = len(kinds.heats)
        is_of = np.arange(count)[:, None] == kinds.of_token[None]  # (kinds, vocabulary)
        apart = ops.where(is_of[:, None], ops.maximum(logits, _NEVER)[None], _NEVER)
        shares = ops.sum(ops.where(is_of[:, None], ops.softmax(logits, axis=-1)[None], 0.0), axis=-1)
        heats = temperature * np.array(kinds.heats, np.float32)[:, None, None]
        kept = _kept(ops.reshape(apart / heats, (-1, logits.shape[-1])), top_k, top_p, min_p)
        kept = ops.reshape(kept / _total(kept), ops.shape(apart))
        weights = ops.sum(ops.where(is_of[:, None], kept, 0.0) * shares[:, :, None], axis=0)
    reached = ops.cumsum(weights, axis=-1)
    is_kept = weights > 0.0
    is_reached = is_kept & (reached > uniforms[:, None] * reached[:, -1:])
    # Sums are rounded, in another order on each machine: if none is reached, the last kept it is.
    last = ops.max(ops.where(is_kept, ops.arange(logits.shape[-1], dtype="int32"), 0), axis=-1)
    first = ops.cast(ops.argmax(ops.cast(is_reached, "int32"), axis=-1), "int32")
    return ops.where(ops.any(is_reached, axis=-1), first, last)


def _kept(scaled: Any, top_k: Any, top_p: Any, min_p: Any) -> Any:
    """Weights (rows, vocabulary), 1 for the likeliest token and 0 for those that are left out."""
    weights = ops.exp(scaled - ops.max(scaled, axis=-1, keepdims=True))
    count = ops.cast(ops.where(top_k == 0, scaled.shape[-1], top_k), "float32")
    weights = _above(weights, lambda kept: _total(ops.cast(kept > 0, "float32")) >= count)
    share = top_p * _total(weights)
    weights = _above(weights, lambda kept: _total(kept) >= share)
    return ops.where(weights >= min_p, weights, 0.0)


def _above(weights: Any, is_enough: Callable[[Any], Any]) -> Any:
    """The weights from the highest threshold on from which they are enough; zero below it."""

    def halve(_: Any, bounds: tuple[Any, Any]) -> tuple[Any, Any]:
        low, high = bounds
        middle = (low + high) * 0.5
        enough = is_enough(ops.where(weights >= middle, weights, 0.0))
        return ops.where(enough, middle, low), ops.where(enough, high, middle)

    nothing = ops.zeros_like(weights[:, :1])
    low, _ = ops.fori_loop(0, _HALVINGS, halve, (nothing, nothing + 2.0))
    return ops.where(weights >= low, weights, 0.0)


def _total(weights: Any) -> Any:
    return ops.sum(weights, axis=-1, keepdims=True)
