"""Kinds of events between which a network chooses first: what sounds, when, and how. Loads no Keras."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from musicgen.representation import EventVocabulary, Vocabulary

# What a temperature of 1 means for pitches: chosen beside pieces that were learned from, see docs/log.md.
PITCH_HEAT: Final = 0.6
_PITCHES: Final = ("Pitch", "PitchDrum")
_TIMES: Final = ("TimeShift", "Bar", "Position", "EOS")


@dataclass(frozen=True, slots=True, eq=False)
class Kinds:
    """Kinds of token, of which one is chosen as the network says, and then one token of it boldly.

    Among all tokens at once, top-p and low temperatures favour the kind that has few likely tokens:
    a pause is one of a hundred, each unlikely, and music without pauses is three times too dense.

    Attributes:
        of_token: int32 (vocabulary,), from 0.
        heats: of each kind, what its temperature is at a temperature of 1.
    """

    of_token: npt.NDArray[np.int32]
    heats: tuple[float, ...]


def kinds_of(vocabulary: Vocabulary) -> Kinds | None:
    """The kinds of a vocabulary of events; None of chords, whose grammar asks for one kind at a time."""
    if not isinstance(vocabulary, EventVocabulary):
        return None
    names = [token.partition("_")[0] for token in vocabulary.tokens]
    of_token = [0 if name in _PITCHES else 1 if name in _TIMES else 2 for name in names]
    return Kinds(np.array(of_token, np.int32), (PITCH_HEAT, 1.0, 1.0))
