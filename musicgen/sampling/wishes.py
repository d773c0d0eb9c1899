"""What a composition may be asked for by name: keys and families of instruments. Loads no Keras."""

from __future__ import annotations

from typing import Final

_TONICS: Final = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MODES: Final = ("major", "minor")
KEYS: Final = tuple(f"{tonic} {mode}" for mode in MODES for tonic in _TONICS)
# Semitones above the tonic. Harmonic minor: with the seventh as it is, a network soon goes to the
# relative major, whose scale is the same.
_SCALES: Final = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 11)}

# General MIDI's sixteen groups of eight programs, in their order.
FAMILIES: Final = (
    *("piano", "chromatic percussion", "organ", "guitar", "bass", "strings", "ensemble", "brass"),
    *("reed", "pipe", "synth lead", "synth pad", "synth effects", "ethnic", "percussive", "sound effects"),
)
_PROGRAMS_IN_FAMILY: Final = 8


def mode_of(key: str) -> str:
    """Major or minor."""
    return key.split()[1]


def tonic_of(key: str) -> int:
    """The pitch class of the tonic, 0 for C."""
    return _TONICS.index(key.split()[0])


def scale_of(key: str) -> frozenset[int]:
    """The pitch classes that belong to a key of `KEYS`."""
    return frozenset((tonic_of(key) + step) % 12 for step in _SCALES[mode_of(key)])


def triad_of(key: str) -> frozenset[int]:
    """The pitch classes of the tonic triad."""
    third = 4 if mode_of(key) == "major" else 3
    return frozenset((tonic_of(key) + step) % 12 for step in (0, third, 7))


def first_program(family: str) -> int:
    """The first of a family's programs, 0–127."""
    return FAMILIES.index(family) * _PROGRAMS_IN_FAMILY


def family_of(program: int) -> str:
    """The family of a program 0–127."""
    return FAMILIES[program // _PROGRAMS_IN_FAMILY]
