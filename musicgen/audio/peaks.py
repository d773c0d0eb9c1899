"""The outline of a sound, small enough to be stored and drawn as a waveform."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

PEAK_COUNT: Final = 800  # about one a pixel on a wide page
_DECIMALS: Final = 3


def waveform_peaks(samples: npt.NDArray[np.float32], count: int = PEAK_COUNT) -> list[float]:
    """The loudest moment of each of `count` equal stretches.

    Args:
        samples: float32 (frames, channels).
        count: how many stretches; fewer come back where there are fewer frames.

    Returns:
        Floats of 0–1, the highest 1, rounded to 3 decimals; all 0 for silence.
    """
    loudest = np.maximum(samples.max(axis=1), -samples.min(axis=1))
    starts = np.unique(np.linspace(0, len(loudest), count, endpoint=False).astype(np.int64))
    peaks = np.maximum.reduceat(loudest, starts) if len(loudest) else loudest
    highest = peaks.max(initial=0.0)
    scaled = peaks / highest if highest > 0 else peaks
    return [round(float(peak), _DECIMALS) for peak in scaled]
