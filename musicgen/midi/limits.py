"""How large a MIDI file may be before it is refused."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MidiLimits:
    """What `read_midi` accepts at most.

    Attributes:
        max_bytes: size of the file.
        max_notes: notes struck, ended or not.
        max_tracks: tracks in the file; it may hold 16 times as many instruments (one a channel).
        max_seconds: from the beginning to the last event under the file's own tempi.
    """

    max_bytes: int = 2 * 1024 * 1024
    max_notes: int = 100_000
    max_tracks: int = 64
    max_seconds: float = 3600.0


DEFAULT_LIMITS = MidiLimits()
