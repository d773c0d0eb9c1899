"""Drawing takes side by side: from an engine's chunks to tokens that end where they should.

Each take has random numbers, limits and steering of its own and is drawn in chunks of the same
sizes, however many take part and whoever looks on: a take is the same alone and among others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from musicgen.representation import Vocabulary
from musicgen.sampling.choice import Choice
from musicgen.sampling.engine import NO_TOKEN, Engine, Limits, Steering
from musicgen.sampling.scoring import Scoring
from musicgen.sampling.settings import SamplingSettings
from musicgen.sampling.steering import CHUNK, FREE, NEVER
from musicgen.sampling.takes import best_cut

_SIZES: Final = (8, 16, 32, 64)  # of the first chunks, so that the first notes come at once; then CHUNK
_LEAST_READ: Final = 32  # given tokens from which on they are read at once, not one by one
_MOST_TOKENS_PER_SECOND: Final = 200  # denser than any piano music: a take that long does not move on
_MOST_TOKENS_PER_NOTE: Final = 12
_MOST_TOKENS_PER_BAR: Final = 600

Finish = Literal["eos", "length", "cancelled"]
Integers = npt.NDArray[np.int32]


@dataclass(slots=True)
class Take:
    """A take while it is drawn.

    Attributes:
        settings: of this take, its own seed among them.
        number: 0, or 1 if it is drawn anew.
        given: int32 (m,), the tokens it begins with, `bos` first.
        tokens: int32 (n,), so far.
        ends: float32 (n,), how likely the piece ended before each.
        finished: why it is over; None while it is drawn.
    """

    settings: SamplingSettings
    number: int
    given: Integers
    tokens: Integers = field(init=False)
    ends: npt.NDArray[np.float32] = field(init=False)
    finished: Finish | None = None
    strength: float = 0.0
    least: int = NEVER
    most: int = NEVER
    random: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = self.given[:1]
        self.ends = np.zeros(1, np.float32)
        self.random = np.random.default_rng([self.settings.seed, self.number])


class Drawing:
    """Takes drawn together by one engine.

    Args:
        engine: with at least as many rows as there are takes.
        vocabulary: the engine's.
        scoring: of all takes: they differ in their seeds alone.
        takes: not begun.
    """

    def __init__(
        self, engine: Engine, vocabulary: Vocabulary, scoring: Scoring, takes: Sequence[Take]
    ) -> None:
        self.takes = list(takes)
        self._engine = engine
        self._vocabulary = vocabulary
        self._scoring, self._steering = scoring, scoring.steering
        settings = takes[0].settings
        self._choice = Choice(
            settings.temperature, settings.top_k, settings.top_p, settings.min_p, settings.repetition
        )
        # What was given counts for no length: limits are of what is new.
        given = takes[0].given
        self._given_amount = int(self._steering.amount_of_token[given[given != FREE]].sum())
        is_taken = np.arange(engine.batch) < len(takes)
        if len(given) >= _LEAST_READ and FREE not in given:
            self._state = engine.begun(given, self._given_amount, is_taken)
            for take in self.takes:
                take.tokens, take.ends = given, np.zeros(len(given), np.float32)
        else:
            self._state = engine.start(is_taken)
        self._calls = 0

    @property
    def is_over(self) -> bool:
        """Whether every take is."""
        return all(take.finished is not None for take in self.takes)

    def advance(self) -> None:
        """Draw some more tokens of every take that is not over."""
        count = self._count()
        drawn = max(len(take.tokens) for take in self.takes)
        self._state, chunk = self._engine.advance(
            self._state,
            self._uniforms(count),
            self._limits(),
            self._choice,
            Steering(self._steering.amount_of_token, self._steering.bias(drawn), self._steering.slope),
            strength=self._column([take.strength for take in self.takes]).astype(np.float32),
            forced=self._forced(count),
        )
        for row, take in enumerate(self.takes):
            if take.finished is None:
                self._grow(take, chunk.tokens[:, row], chunk.end_probability[:, row])

    def kept(self, take: Take) -> int:
        """How many of a take's tokens stay, whatever comes."""
        if take.finished is not None:
            return len(take.tokens)
        return best_cut(self._before(take), take.ends, take.least, take.most) or 0

    def cancel(self, take: Take) -> None:
        """End a take with what there is."""
        if take.finished is None:
            take.finished = "cancelled"

    def progress(self, take: Take) -> float:
        """The share of a take that is done, 0 to 1."""
        if take.finished is not None:
            return 1.0
        made = int(self._steering.amount_of_token[take.tokens].sum()) - self._given_amount
        return max(0.0, min(1.0, made / max(1, take.least - self._given_amount)))

    def _count(self) -> int:
        drawn = max(len(take.tokens) for take in self.takes)
        left = len(self.takes[0].given) - drawn
        if left > _SIZES[0]:
            return min(CHUNK, left)
        self._calls += 1
        size = _SIZES[self._calls - 1] if self._calls <= len(_SIZES) else CHUNK
        return min(size, self._steering.most_tokens_at_once)

    def _uniforms(self, count: int) -> npt.NDArray[np.float32]:
        numbers = np.zeros((count, self._engine.batch), np.float32)
        for row, take in enumerate(self.takes):
            numbers[:, row] = take.random.random(count, np.float32)
        return numbers

    def _limits(self) -> Limits:
        return Limits(
            self._column([take.least for take in self.takes]).astype(np.int32),
            self._column([take.most for take in self.takes]).astype(np.int32),
        )

    def _column(self, values: Sequence[float]) -> npt.NDArray[np.float64]:
        return np.pad(np.array(values, np.float64), (0, self._engine.batch - len(values)))

    def _forced(self, count: int) -> Integers | None:
        forced = np.full((count, self._engine.batch), NO_TOKEN, np.int32)
        for row, take in enumerate(self.takes):
            more = take.given[len(take.tokens) : len(take.tokens) + count]
            forced[: len(more), row] = more
        return forced

    def _grow(self, take: Take, tokens: Integers, ends: npt.NDArray[np.float32]) -> None:
        over = np.flatnonzero(tokens == self._vocabulary.eos)
        count = int(over[0]) + 1 if len(over) else len(tokens)
        take.tokens = np.concatenate([take.tokens, tokens[:count]])
        take.ends = np.concatenate([take.ends, ends[:count]])
        # In what was given nothing ends: there a take can be cut no more.
        take.ends[: len(take.given)] = 0.0
        if len(take.tokens) < len(take.given):
            return
        least, most = self._scoring.limits(take.tokens)
        take.least, take.most = (min(NEVER, limit + self._given_amount) for limit in (least, most))
        take.strength = self._steering.strength(take.tokens, take.strength)
        if len(over):
            take.finished = "eos"
        elif self._is_long(take):
            self._cut(take)

    def _is_long(self, take: Take) -> bool:
        settings = take.settings
        most = {
            "seconds": _MOST_TOKENS_PER_SECOND * settings.length_seconds,
            "bars": _MOST_TOKENS_PER_BAR * (settings.length_bars or 0),
            "notes": _MOST_TOKENS_PER_NOTE * (settings.length_notes or 0) + CHUNK,
        }[settings.length_unit]
        amount = int(self._steering.amount_of_token[take.tokens].sum())
        return amount > take.most or len(take.tokens) - len(take.given) > most

    def _cut(self, take: Take) -> None:
        kept = best_cut(self._before(take), take.ends, take.least, take.most)
        if kept is not None:
            take.tokens = np.append(take.tokens[:kept], np.int32(self._vocabulary.eos)).astype(np.int32)
        take.finished = "length"

    def _before(self, take: Take) -> Integers:
        amounts = self._steering.amount_of_token[take.tokens]
        return np.asarray(np.cumsum(amounts) - amounts, np.int32)
