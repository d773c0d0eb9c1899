"""What every representation offers to corpora, networks, learning and sampling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from musicgen.representation.grammar import Grammar
from musicgen.score import Score

Tokens = npt.NDArray[np.int32]


class Vocabulary(Protocol):
    """A closed set of tokens, and the way from a score to a flat sequence of them and back."""

    @property
    def name(self) -> str:
        """The representation's name, as `load_vocabulary` knows it."""
        ...

    @property
    def size(self) -> int:
        """How many tokens there are; ids are 0 to size − 1."""
        ...

    @property
    def pad(self) -> int:
        """The token that fills up a batch; always 0."""
        ...

    @property
    def bos(self) -> int:
        """The token every piece begins with."""
        ...

    @property
    def eos(self) -> int:
        """The token every whole piece ends with."""
        ...

    @property
    def front_length(self) -> int:
        """How many tokens stand before the music: `bos`, and what is said of the whole piece."""
        ...

    @property
    def grid_per_quarter(self) -> int:
        """Grid ticks in a quarter note, the unit of `ticks_of_token`."""
        ...

    @property
    def ticks_of_token(self) -> Tokens:
        """int32 (size,): by how many grid ticks a token moves time forward."""
        ...

    @property
    def note_count_of_token(self) -> Tokens:
        """int32 (size,): how many notes a token strikes."""
        ...

    def encode(self, score: Score) -> Tokens:
        """A score as int32 (n,), from `bos` to `eos`."""
        ...

    def decode(
        self,
        tokens: Sequence[int] | npt.NDArray[np.integer],
        *,
        tempo_bpm: float | None = None,
        title: str = "",
    ) -> Score:
        """The score that tokens stand for; a sequence cut anywhere gives what is complete."""
        ...

    def tempo_of(self, tokens: Sequence[int] | npt.NDArray[np.integer]) -> float:
        """Quarter notes a minute at which `decode` sets these tokens."""
        ...

    def tempo_token(self, tempo_bpm: float) -> int:
        """The token nearest to a tempo."""
        ...

    def describe(self, token: int) -> str:
        """A token in words, for people."""
        ...

    def grammar(self) -> Grammar:
        """Which tokens may follow which."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Everything needed to rebuild it with `load_vocabulary`."""
        ...
