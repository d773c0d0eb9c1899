"""MIDI file ⇄ Score. Knows bytes and scores; no tokens, no sound."""

from __future__ import annotations

from musicgen.midi.errors import (
    DamagedMidiError,
    MidiError,
    MidiLimitError,
    MidiWriteError,
    NotMidiError,
)
from musicgen.midi.limits import DEFAULT_LIMITS, MidiLimits
from musicgen.midi.pedal import sustained
from musicgen.midi.reader import read_midi, read_midi_report
from musicgen.midi.repairs import ReadResult, Repair
from musicgen.midi.writer import write_midi

__all__ = [
    "DEFAULT_LIMITS",
    "DamagedMidiError",
    "MidiError",
    "MidiLimitError",
    "MidiLimits",
    "MidiWriteError",
    "NotMidiError",
    "ReadResult",
    "Repair",
    "read_midi",
    "read_midi_report",
    "sustained",
    "write_midi",
]
