"""A finite-state machine over tokens: which kinds of token may follow which.

It knows classes and states only, no music. Its tables are plain arrays, so that a compiled
sampling loop can keep the state inside and mask what may not follow by one gather.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FORBIDDEN = -1  # next_state where nothing may follow


@dataclass(frozen=True, slots=True, eq=False)
class Grammar:
    """The rules of a vocabulary.

    A step of sampling is ``mask = allowed[state][token_class]``, then after the choice
    ``state = next_state[state, token_class[token]]``. The machine starts before the first
    token of a piece, so that the vocabulary's `bos` is the first token it reads.

    Attributes:
        token_class: int16 (vocabulary,), the class of every token.
        allowed: bool (states, classes), whether a token of the class may be chosen in the state.
        next_state: int16 (states, classes), the state after it; -1 where it may not follow. Where
            there is one although `allowed` is false, the token may be given, as in a prompt that
            marks a gap, and is never to be chosen.
        start_state: the state before the first token.
    """

    token_class: npt.NDArray[np.int16]
    allowed: npt.NDArray[np.bool_]
    next_state: npt.NDArray[np.int16]
    start_state: int

    def states_along(self, tokens: Sequence[int] | npt.NDArray[np.integer]) -> npt.NDArray[np.int16]:
        """The state before each token and after the last.

        Args:
            tokens: ids (n,), each of the vocabulary.

        Returns:
            int16 (n + 1,); -1 from the first token on that may not stand where it does.
        """
        states = np.full(len(tokens) + 1, FORBIDDEN, np.int16)
        state = self.start_state
        states[0] = state
        for index, kind in enumerate(self.token_class[np.asarray(tokens, np.int64)]):
            state = int(self.next_state[state, kind])
            if state == FORBIDDEN:
                break
            states[index + 1] = state
        return states

    def is_legal(self, tokens: Sequence[int] | npt.NDArray[np.integer]) -> bool:
        """Whether every token may stand where it does; a piece cut anywhere is legal."""
        return bool(self.states_along(tokens)[-1] != FORBIDDEN)


class GrammarBuilder:
    """Collects transitions by name and numbers states and classes in order of appearance."""

    def __init__(self) -> None:
        self._states: dict[object, int] = {}
        self._classes: dict[object, int] = {}
        self._transitions: dict[tuple[int, int], int] = {}
        self._given: set[tuple[int, int]] = set()

    def allow(
        self, state: object, token_class: object, next_state: object, *, only_given: bool = False
    ) -> None:
        """In `state` a token of `token_class` may follow and leads to `next_state`.

        Args:
            state: before the token.
            token_class: of the token.
            next_state: after it.
            only_given: whether it may stand there but is never to be chosen by a network.
        """
        key = (self._number(self._states, state), self._number(self._classes, token_class))
        self._transitions[key] = self._number(self._states, next_state)
        if only_given:
            self._given.add(key)

    def name_class(self, token_class: object) -> None:
        """A class whose tokens may stand nowhere, unless `allow` says otherwise."""
        self._number(self._classes, token_class)

    @staticmethod
    def _number(names: dict[object, int], name: object) -> int:
        return names.setdefault(name, len(names))

    def build(self, start: object) -> Rules:
        """The finished tables, which start in the state of that name."""
        next_state = np.full((len(self._states), len(self._classes)), FORBIDDEN, np.int16)
        for key, target in self._transitions.items():
            next_state[key] = target
        allowed = next_state != FORBIDDEN
        for key in self._given:
            allowed[key] = False
        return Rules(next_state, allowed, dict(self._classes), self._states[start])


class Rules:
    """Finished transitions, for any vocabulary whose tokens fall into their classes."""

    def __init__(
        self,
        next_state: npt.NDArray[np.int16],
        allowed: npt.NDArray[np.bool_],
        classes: Mapping[object, int],
        start_state: int,
    ) -> None:
        self._next_state = next_state
        self._allowed = allowed
        self._next_state.setflags(write=False)
        self._allowed.setflags(write=False)
        self._classes = classes
        self._start_state = start_state

    def grammar(self, token_classes: Sequence[object]) -> Grammar:
        """The grammar of a vocabulary, given the class name of every token in order."""
        numbers = np.array([self._classes[name] for name in token_classes], np.int16)
        numbers.setflags(write=False)
        return Grammar(numbers, self._allowed, self._next_state, self._start_state)
