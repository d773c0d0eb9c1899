"""How long and how large a rendering may become."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SAMPLE_RATE: Final = 48_000  # frames a second: the rate Opus works at, so nothing is resampled
CHANNELS: Final = 2
_BYTES_PER_SAMPLE: Final = 4  # 32-bit float: chords louder than full scale are not clipped
_TAIL_SECONDS: Final = 30.0  # a synthesizer may go on after the last note for as long


@dataclass(frozen=True, slots=True)
class RenderLimits:
    """Limits on one rendering.

    Attributes:
        max_audio_seconds: longest sound that is made; levelling it takes about 1.5 MB a second.
        max_wall_seconds: the synthesizer's process is killed when it takes longer.
    """

    max_audio_seconds: float = 900.0
    max_wall_seconds: float = 180.0

    @property
    def max_bytes(self) -> int:
        """Largest WAV file that the synthesizer may write, in bytes."""
        frames = (self.max_audio_seconds + _TAIL_SECONDS) * SAMPLE_RATE
        return int(frames) * CHANNELS * _BYTES_PER_SAMPLE


DEFAULT_LIMITS: Final = RenderLimits()
