"""What songs and networks are called.

A song's name is pleasant, the same for the same seed, and pretends neither to a composer nor
to a form that the music may not have: two words drawn by network and seed, and a number.
"""

import hashlib
from typing import Final

from training.trainings import NETWORK_TITLES

_FIRST: Final = (
    "Amber", "Autumn", "Blue", "Bright", "Broken", "Calm", "Cedar", "Clear", "Copper", "Crooked",
    "Dark", "Distant", "Early", "Empty", "Evening", "Faint", "First", "Folded", "Gentle", "Glass",
    "Golden", "Green", "Grey", "Hidden", "High", "Hollow", "Idle", "Late", "Lesser", "Little",
    "Long", "Lost", "Low", "Marble", "Morning", "Narrow", "Northern", "Old", "Open", "Pale",
    "Paper", "Patient", "Plain", "Quiet", "Red", "Round", "Salt", "Second", "Short", "Silver",
    "Slow", "Small", "Soft", "Southern", "Spring", "Still", "Summer", "Third", "Tidal", "Warm",
    "White", "Wide", "Winter", "Wooden",
)  # fmt: skip
_SECOND: Final = (
    "anchor", "arch", "bell", "bird", "boat", "bridge", "brook", "candle", "chapel", "circle",
    "clock", "cloud", "coast", "corner", "courtyard", "door", "field", "fire", "forest", "garden",
    "gate", "harbour", "hill", "hour", "house", "island", "kite", "ladder", "lake", "lamp",
    "lantern", "leaf", "light", "meadow", "mill", "mirror", "moon", "mountain", "orchard", "path",
    "pebble", "pond", "rain", "river", "road", "roof", "room", "sail", "shadow", "shore", "sky",
    "snow", "square", "stair", "star", "stone", "street", "tower", "tree", "valley", "wall",
    "water", "window", "wood",
)  # fmt: skip
_NUMBERS: Final = 1000  # a number longer than three digits is no name


def network_label(network: str) -> str:
    """What a network is called on pages; one without a name there is shown as it is."""
    return NETWORK_TITLES.get(network, network)


def song_title(*, network: str, seed: int) -> str:
    """The name of what this network composes with this seed, such as "Amber harbour no. 7"."""
    drawn = int.from_bytes(hashlib.sha256(f"{network}:{seed}".encode()).digest()[:8])
    first = _FIRST[drawn % len(_FIRST)]
    second = _SECOND[drawn // len(_FIRST) % len(_SECOND)]
    return f"{first} {second} no. {seed % _NUMBERS}"
