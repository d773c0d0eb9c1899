"""What a checkpoint can be asked for, and why not what it cannot. Loads no Keras."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from musicgen.representation import ChordVocabulary, EventVocabulary, Tones, Vocabulary, load_representation
from musicgen.sampling.event_steering import known_families
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
_SECONDS: Final = "its music is timed in seconds, as it was played, without beats or bars"
_UNPRACTISED: Final = "it has not practised adding to a melody"
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


_COMMON: Final = {
    "length_notes": Ability(True, "it ends within the last tenth"),
    "stream": Ability(True, "notes come as they are written"),
    "takes": Ability(True, "up to eight are written side by side"),
}


def abilities(
    vocabulary: Vocabulary | Tones | Mapping[str, Any], *, training: Mapping[str, Any] | None = None
) -> dict[str, Ability]:
    """What networks of a vocabulary can be asked for.

    Args:
        vocabulary: or its JSON, as `read_checkpoint(folder).vocabulary` has it.
        training: the run's settings, `read_checkpoint(folder).settings`, which tell whether gaps
            and melodies were practised; taken for granted if left out.

    Returns:
        By name: the prompts "continue", "vary", "infill" and "accompany"; the settings
        "tempo_bpm", "key", "density", "instrument", "length_bars" and "length_notes"; "stream",
        notes as they come, and "takes", several at once.

    Raises:
        RepresentationError: of an unknown representation.
    """
    known = load_representation(vocabulary) if isinstance(vocabulary, Mapping) else vocabulary
    if isinstance(known, Tones):
        return _of_tones()
    if isinstance(known, ChordVocabulary):
        return _of_chords(known)
    assert isinstance(known, EventVocabulary)
    return _of_events(known, practised=training is None or bool(training.get("task_share")))


def check_abilities(
    vocabulary: Vocabulary | Tones,
    settings: SamplingSettings,
    prompt: Prompt | None,
    *,
    training: Mapping[str, Any] | None = None,
) -> None:
    """Find out before the work whether all that is asked for can be done.

    Raises:
        SamplingSettingsError: a setting cannot.
        PromptError: the prompt cannot.
    """
    found = abilities(vocabulary, training=training)
    for name in _WISHES:
        if getattr(settings, name) is not None and not found[name].possible:
            raise SamplingSettingsError(
                name, f"This network cannot be asked for {name}: {found[name].reason}."
            )
    families = known_families(vocabulary) if isinstance(vocabulary, EventVocabulary) else []
    if settings.instrument is not None and len(families) > 1 and settings.instrument not in families:
        raise SamplingSettingsError(
            "instrument", f"This network knows no {settings.instrument}; it knows {', '.join(families)}."
        )
    if prompt is not None:
        name = _PROMPTS[type(prompt)]
        if not found[name].possible:
            raise PromptError(f"This network cannot {name}: {found[name].reason}.")


def _of_tones() -> dict[str, Ability]:
    return {
        "continue": Ability(True, "it reads the piece up to the place and writes on"),
        "vary": Ability(True, "it reads the opening and goes another way"),
        "infill": Ability(False, _FORWARD),
        "accompany": Ability(False, "its tones do not tell a melody from what goes with it"),
        "tempo_bpm": Ability(False, _SECONDS),
        "key": Ability(False, "its pitches are continuous, and it knows no scales"),
        "density": Ability(False, "its pauses are continuous, and it was never told how dense music is"),
        "instrument": Ability(True, "its one part is given to this instrument; it knows no others"),
        "length_bars": Ability(False, _SECONDS),
        **_COMMON,
    }


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
        **_COMMON,
    }


def _of_events(vocabulary: EventVocabulary, *, practised: bool) -> dict[str, Ability]:
    is_timed = vocabulary.time == "seconds"
    has_cents = any(token.startswith("Cents_") for token in vocabulary.tokens)
    families = known_families(vocabulary)
    if len(families) > 1:
        instrument = f"by a token at the beginning and its programs; it knows {', '.join(families)}"
    else:
        instrument = "its one part is given to this instrument; it knows no others"
    return {
        "continue": Ability(True, "it reads the piece up to the place and writes on"),
        "vary": Ability(True, "it reads the opening and goes another way"),
        "infill": Ability(practised, "it reads both sides of the passage" if practised else _FORWARD),
        "accompany": Ability(practised, "it reads the melody first" if practised else _UNPRACTISED),
        "tempo_bpm": Ability(False, _SECONDS) if is_timed else Ability(True, "by a token at the beginning"),
        "key": Ability(False, _QUARTER_TONES)
        if has_cents
        else Ability(True, "by a token at the beginning, and notes outside its scale are left out"),
        "density": Ability(True, "by a token at the beginning, and steps of time on the way"),
        "instrument": Ability(True, instrument),
        "length_bars": Ability(False, _SECONDS) if is_timed else Ability(True, "it ends within the last bar"),
        **_COMMON,
    }
