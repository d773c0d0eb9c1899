"""What a checkpoint can be asked for, and why not what it cannot. Loads no Keras."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from musicgen.representation import ChordVocabulary, Vocabulary, load_vocabulary
from musicgen.sampling.prompts import Accompaniment, Continuation, Infilling, Prompt, PromptError, Variation
from musicgen.sampling.settings import SamplingSettings, SamplingSettingsError

_PROMPTS: Final[Mapping[type, str]] = {
    Continuation: "continue",
    Variation: "vary",
    Infilling: "infill",
    Accompaniment: "accompany",
}
_WISHES: Final = ("tempo_bpm", "key", "density", "instrument", "length_bars", "length_notes")
_QUARTER_TONES: Final = "its music has quarter tones, of which major and minor scales know nothing"
_FORWARD: Final = "it has learned to write from beginning to end only, without knowing what comes after"


@dataclass(frozen=True, slots=True)
class Ability:
    """Whether something can be asked for.

    Attributes:
        possible: whether.
        reason: how it is reached, or why it cannot be, for people; half a sentence in English.
    """

    possible: bool
    reason: str

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)


def abilities(vocabulary: Vocabulary | Mapping[str, Any]) -> dict[str, Ability]:
    """What networks of a vocabulary can be asked for.

    Args:
        vocabulary: or its JSON, as `read_checkpoint(folder).vocabulary` has it.

    Returns:
        By name: the prompts "continue", "vary", "infill" and "accompany"; the settings
        "tempo_bpm", "key", "density", "instrument", "length_bars" and "length_notes"; "stream",
        notes as they come, and "takes", several at once.

    Raises:
        RepresentationError: of an unknown representation.
    """
    known = load_vocabulary(vocabulary) if isinstance(vocabulary, Mapping) else vocabulary
    assert isinstance(known, ChordVocabulary)
    return _of_chords(known)


def check_abilities(vocabulary: Vocabulary, settings: SamplingSettings, prompt: Prompt | None) -> None:
    """Find out before the work whether all that is asked for can be done.

    Raises:
        SamplingSettingsError: a setting cannot.
        PromptError: the prompt cannot.
    """
    found = abilities(vocabulary)
    for name in _WISHES:
        if getattr(settings, name) is not None and not found[name].possible:
            raise SamplingSettingsError(
                name, f"This network cannot be asked for {name}: {found[name].reason}."
            )
    if prompt is not None:
        name = _PROMPTS[type(prompt)]
        if not found[name].possible:
            raise PromptError(f"This network cannot {name}: {found[name].reason}.")


def _of_chords(vocabulary: ChordVocabulary) -> dict[str, Ability]:
    return {
        "continue": Ability(True, "it reads the piece up to the place and writes on"),
        "vary": Ability(True, "it reads the opening and goes another way"),
        "infill": Ability(False, _FORWARD),
        "accompany": Ability(False, "its tokens do not tell a melody from what goes with it"),
        "tempo_bpm": Ability(True, "by a token at the beginning"),
        "key": Ability(False, _QUARTER_TONES)
        if vocabulary.steps_per_semitone > 1
        else Ability(True, "notes outside its scale are left out"),
        "density": Ability(True, "steps of time are made likelier or less likely on the way"),
        "instrument": Ability(True, "its one part is given to this instrument; it knows no others"),
        "length_bars": Ability(True, "it ends within the last bar"),
        "length_notes": Ability(True, "it ends within the last tenth"),
        "stream": Ability(True, "notes come as they are written"),
        "takes": Ability(True, "up to eight are written side by side"),
    }
