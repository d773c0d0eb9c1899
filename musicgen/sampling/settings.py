"""What a person chooses about a composition. Loads no Keras."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final, Literal

from musicgen.sampling.wishes import FAMILIES, KEYS

MOST_TAKES: Final = 8
_MOST_SEED: Final = 2**63 - 1
_WHOLE: Final = {
    "seed": (0, _MOST_SEED),
    "top_k": (0, 1_000_000),
    "length_bars": (1, 400),
    "length_notes": (8, 20_000),
}
_REAL: Final = {
    "temperature": (0.05, 5.0),
    "top_p": (0.01, 1.0),
    "min_p": (0.0, 1.0),
    "repetition": (0.0, 5.0),
    "length_seconds": (5.0, 600.0),
    "tempo_bpm": (20.0, 300.0),
    "density": (0.25, 32.0),
}
_CHOICES: Final = {"key": KEYS, "instrument": FAMILIES}
_OPTIONAL: Final = ("tempo_bpm", "density", "key", "instrument", "length_bars", "length_notes")


class SamplingSettingsError(ValueError):
    """A sampling setting cannot be used.

    Attributes:
        field: the setting's name.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class SamplingSettings:
    """How to compose. What is None is left to the network.

    Attributes:
        seed: the same seed, checkpoint and settings give the same music.
        temperature: below 1 the likely becomes likelier, above 1 less so; of events, with what 1 means
            for pitches in `kinds.PITCH_HEAT`.
        top_k: choose among this many likeliest tokens only; 0 for all.
        top_p: choose among the fewest likeliest tokens that together have this probability.
        length_seconds: about how long; the music ends where the network would end it, between
            0.8 and 1.25 times this. A length in bars or notes goes before it.
        tempo_bpm: quarter notes a minute.
        min_p: choose among tokens at least this share as likely as the likeliest; 0 for all.
        repetition: how much notes and chords that were struck lately are avoided, in nats for
            each time; 0 not at all.
        length_bars: end in this bar, counted from 1.
        length_notes: end with about so many notes, at most a tenth fewer and none more.
        key: such as "D minor"; one of `KEYS`.
        density: notes a second.
        instrument: a family of General MIDI's; one of `FAMILIES`.
    """

    seed: int = 0
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 0.95
    length_seconds: float = 60.0
    tempo_bpm: float | None = None
    min_p: float = 0.0
    repetition: float = 0.0
    length_bars: int | None = None
    length_notes: int | None = None
    key: str | None = None
    density: float | None = None
    instrument: str | None = None

    def __post_init__(self) -> None:
        for name, (low, high) in _WHOLE.items():
            value = getattr(self, name)
            if value is None and name in _OPTIONAL:
                continue
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise SamplingSettingsError(
                    name, f"{name} is {value!r}, must be a whole number from {low} to {high}."
                )
        for name, (lowest, highest) in _REAL.items():
            value = getattr(self, name)
            if value is None and name in _OPTIONAL:
                continue
            if not _is_number(value) or not lowest <= value <= highest:
                raise SamplingSettingsError(
                    name, f"{name} is {value!r}, must be a number from {lowest:g} to {highest:g}."
                )
        for name, known in _CHOICES.items():
            value = getattr(self, name)
            if value is not None and value not in known:
                raise SamplingSettingsError(
                    name, f"There is no {name} {value!r}; there are: {', '.join(known)}."
                )
        if self.length_bars is not None and self.length_notes is not None:
            raise SamplingSettingsError("length_notes", "Give length_bars or length_notes, not both.")

    @property
    def length_unit(self) -> Literal["seconds", "bars", "notes"]:
        """What the length is counted in."""
        if self.length_bars is not None:
            return "bars"
        return "seconds" if self.length_notes is None else "notes"

    def for_take(self, number: int) -> SamplingSettings:
        """The settings of one of several takes, 0 being these: the seeds follow each other."""
        return replace(self, seed=(self.seed + number) % (_MOST_SEED + 1))

    def to_json(self) -> dict[str, Any]:
        """The settings as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SamplingSettings:
        """Read what `to_json` wrote; what is left out takes its default.

        Raises:
            SamplingSettingsError: an unknown setting, or a value that cannot be used.
        """
        known = {field.name for field in fields(cls)}
        for name in data:
            if name not in known:
                raise SamplingSettingsError(name, f"There is no sampling setting {name!r}.")
        return cls(**data)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
