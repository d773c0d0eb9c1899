"""Score ⇄ what a network learns. Knows no MIDI bytes, no files, no networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from musicgen.representation.chords import ChordVocabulary
from musicgen.representation.errors import RepresentationError
from musicgen.representation.events import EventVocabulary
from musicgen.representation.grammar import Grammar
from musicgen.representation.tones import Tones
from musicgen.representation.vocabulary import Vocabulary

__all__ = [
    "ChordVocabulary",
    "EventVocabulary",
    "Grammar",
    "RepresentationError",
    "Tones",
    "Vocabulary",
    "load_representation",
    "load_vocabulary",
]

_KINDS: Final[Mapping[str, type[ChordVocabulary] | type[EventVocabulary]]] = {
    ChordVocabulary.name: ChordVocabulary,
    EventVocabulary.name: EventVocabulary,
}


def load_vocabulary(data: Mapping[str, Any]) -> Vocabulary:
    """The vocabulary that `to_json` wrote.

    Raises:
        RepresentationError: of an unknown representation or version, or damaged.
    """
    name = data.get("representation") if isinstance(data, Mapping) else None
    if not isinstance(name, str) or name not in _KINDS:
        known = ", ".join(sorted(_KINDS))
        raise RepresentationError(f"Unknown representation {name!r} in a vocabulary; known here: {known}.")
    return _KINDS[name].from_json(data)


def load_representation(data: Mapping[str, Any]) -> Vocabulary | Tones:
    """The vocabulary, or the scaling of continuous tones, that `to_json` wrote.

    Raises:
        RepresentationError: of an unknown representation or version, or damaged.
    """
    if isinstance(data, Mapping) and data.get("representation") == Tones.name:
        return Tones.from_json(data)
    return load_vocabulary(data)
