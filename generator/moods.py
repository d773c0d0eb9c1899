"""Moods that a listener can pick, and what each wishes for; a network does what it can of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from musicgen.sampling.wishes import KEYS, mode_of

NO_MOOD: Final = "any"


@dataclass(frozen=True)
class Mood:
    """A mood.

    Attributes:
        label: for people.
        wishes: sampling settings, beside the key.
        mode: of the key, which the seed draws; empty leaves the key to the network.
    """

    label: str | Promise
    wishes: Mapping[str, Any] = field(default_factory=dict)
    mode: str = ""

    def settings(self, seed: int) -> dict[str, Any]:
        """What it wishes for; the same for the same seed."""
        if not self.mode:
            return dict(self.wishes)
        keys = [key for key in KEYS if mode_of(key) == self.mode]
        return {**self.wishes, "key": keys[seed % len(keys)]}


MOODS: Final = {
    NO_MOOD: Mood(_("As it comes")),
    "calm": Mood(_("Calm"), {"tempo_bpm": 66.0, "density": 3.0, "temperature": 0.85}, "major"),
    "bright": Mood(_("Bright"), {"tempo_bpm": 112.0, "temperature": 0.95}, "major"),
    "lively": Mood(_("Lively"), {"tempo_bpm": 138.0, "density": 9.0}),
    "dark": Mood(_("Dark"), {"tempo_bpm": 72.0, "temperature": 0.9}, "minor"),
    "daring": Mood(_("Daring"), {"temperature": 1.2, "top_p": 1.0}),
}
