"""What a person chooses about a composition. Loads no Keras."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

_WHOLE: Final = {"seed": (0, 2**63 - 1), "top_k": (0, 1_000_000)}
_REAL: Final = {
    "temperature": (0.05, 5.0),
    "top_p": (0.01, 1.0),
    "length_seconds": (5.0, 600.0),
    "tempo_bpm": (20.0, 300.0),
}


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
    """How to compose.

    Attributes:
        seed: the same seed, checkpoint and settings give the same music.
        temperature: below 1 the likely becomes likelier, above 1 less so.
        top_k: choose among this many likeliest tokens only; 0 for all.
        top_p: choose among the fewest likeliest tokens that together have this probability.
        length_seconds: about how long; the music ends where the network would end it, between
            0.8 and 1.25 times this.
        tempo_bpm: quarter notes a minute; None lets the network choose.
    """

    seed: int = 0
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 0.95
    length_seconds: float = 60.0
    tempo_bpm: float | None = None

    def __post_init__(self) -> None:
        for name, (low, high) in _WHOLE.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise SamplingSettingsError(
                    name, f"{name} is {value!r}, must be a whole number from {low} to {high}."
                )
        for name, (lowest, highest) in _REAL.items():
            value = getattr(self, name)
            if value is None and name == "tempo_bpm":
                continue
            if (
                isinstance(value, bool)
                or not isinstance(value, int | float)
                or not lowest <= value <= highest
            ):
                raise SamplingSettingsError(
                    name, f"{name} is {value!r}, must be a number from {lowest:g} to {highest:g}."
                )
            if not math.isfinite(value):
                raise SamplingSettingsError(name, f"{name} is {value!r}, must be a number.")

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
