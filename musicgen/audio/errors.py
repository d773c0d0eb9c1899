"""What can go wrong on the way from MIDI to a sound file."""

from __future__ import annotations


class RenderError(Exception):
    """A piece could not be made into sound; the message says why and what to do."""


class RenderLimitError(RenderError):
    """Rendering would take longer, or become larger, than is allowed."""


class SilentAudioError(RenderError):
    """The piece makes no audible sound, so there is nothing to level or to hear."""


class SoundfontError(RenderError):
    """A soundfont is missing or is no SoundFont file."""
