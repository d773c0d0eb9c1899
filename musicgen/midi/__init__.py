"""MIDI file ⇄ Score. Knows bytes and scores; no tokens, no sound."""

from __future__ import annotations

from musicgen.midi.errors import (
    DamagedMidiError,
    MidiError,
    MidiLimitError,
    MidiWriteError,
    NotMidiError,
    UnsupportedMidiError,
)
from musicgen.midi.limits import DEFAULT_LIMITS, MidiLimits
from musicgen.midi.reader import read_midi
from musicgen.midi.writer import write_midi

__all__ = [
    "DEFAULT_LIMITS",
    "DamagedMidiError",
    "MidiError",
    "MidiLimitError",
    "MidiLimits",
    "MidiWriteError",
    "NotMidiError",
    "UnsupportedMidiError",
    "read_midi",
    "write_midi",
]
