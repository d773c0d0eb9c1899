"""From MIDI to sound: synthesizers, loudness, file formats, waveforms.

Knows MIDI files and samples; knows no networks and no site.
"""

from musicgen.audio.encode import FORMATS, AudioFormat, Tags, audio_format
from musicgen.audio.errors import RenderError, RenderLimitError, SilentAudioError, SoundfontError
from musicgen.audio.limits import DEFAULT_LIMITS, RenderLimits
from musicgen.audio.peaks import waveform_peaks
from musicgen.audio.render import RenderedAudio, installed_synthesizer, render_wav
from musicgen.audio.renditions import RenditionFile, iter_renditions, make_renditions

__all__ = [
    "DEFAULT_LIMITS",
    "FORMATS",
    "AudioFormat",
    "RenderError",
    "RenderLimitError",
    "RenderLimits",
    "RenderedAudio",
    "RenditionFile",
    "SilentAudioError",
    "SoundfontError",
    "Tags",
    "audio_format",
    "installed_synthesizer",
    "iter_renditions",
    "make_renditions",
    "render_wav",
    "waveform_peaks",
]
