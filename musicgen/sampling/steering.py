"""What an engine is told so that a composition comes out as asked; the same for all vocabularies.

Loads no Keras.
"""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np

from musicgen.representation import ChordVocabulary, EventVocabulary, Vocabulary
from musicgen.sampling.chord_steering import ChordSteering
from musicgen.sampling.event_steering import EventSteering
from musicgen.sampling.settings import SamplingSettings

CHUNK: Final = 128  # tokens drawn at once at most: progress and cancel come between
NEVER: Final = 2**30  # as a limit that is not reached
FREE: Final = -1  # among the tokens that a take begins with: the network chooses

Floats = np.ndarray[tuple[int], np.dtype[np.float32]]
Integers = np.ndarray[tuple[int], np.dtype[np.int32]]


class WishSteering(Protocol):
    """From what a person asks for to what the engine is told.

    Attributes:
        amount_of_token: int32 (vocabulary,), what the limits count.
        slope: float32 (vocabulary,), added to the logits times `strength`.
        program: General MIDI program that all notes are given to; None to leave them.
    """

    amount_of_token: Integers
    slope: Floats
    program: int | None

    @property
    def front(self) -> list[int]:
        """The tokens that stand right after `bos`; `FREE` where the network chooses."""
        ...

    def limits(self, tokens: Integers) -> tuple[int, int]:
        """The least and most amount of a piece that begins so; not known, `NEVER`, too early."""
        ...

    def bias(self, count: int) -> Floats:
        """What is added to the logits after so many tokens."""
        ...

    @property
    def most_tokens_at_once(self) -> int:
        """After how many tokens to ask for the strength again, at the latest."""
        ...

    def strength(self, tokens: Integers, before: float) -> float:
        """How strongly the slope holds from now on.

        Args:
            tokens: so far.
            before: the strength that made them.
        """
        ...


def steering_of(vocabulary: Vocabulary, settings: SamplingSettings) -> WishSteering:
    """The steering of a vocabulary of chords or events."""
    if isinstance(vocabulary, ChordVocabulary):
        return ChordSteering(vocabulary, settings)
    assert isinstance(vocabulary, EventVocabulary)
    return EventSteering(vocabulary, settings)
