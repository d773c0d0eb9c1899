"""What can be wrong with a MIDI file, or with a score that is to become one."""

from __future__ import annotations


class MidiError(ValueError):
    """The base of all that reading and writing MIDI refuses."""


class NotMidiError(MidiError):
    """The bytes are something else than a Standard MIDI File."""


class DamagedMidiError(MidiError):
    """The file breaks off or contradicts the format; the message says at which byte."""


class MidiLimitError(MidiError):
    """The file is larger or longer than the limits allow."""


class MidiWriteError(MidiError):
    """The score holds something that a MIDI file cannot say."""
