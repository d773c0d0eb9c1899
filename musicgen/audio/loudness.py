"""Loudness to one level for all songs: −23 LUFS, true peak at most −1 dBTP.

Source: EBU R 128 and ITU-R BS.1770-4; integrated loudness is measured by pyloudnorm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyloudnorm
from scipy.ndimage import minimum_filter1d, uniform_filter1d
from scipy.signal import firwin, resample_poly

from musicgen.audio.errors import SilentAudioError

TARGET_LUFS: Final = -23.0
TOLERANCE_LU: Final = 0.5
CEILING_DBTP: Final = -1.0

SILENCE_PEAK: Final = 3e-5  # −90 dBFS, one step of 16-bit sound: nobody hears less
_GATE_BLOCK_SECONDS: Final = 0.4  # loudness is defined over blocks of this length
_OVERSAMPLING: Final = 4  # phases between samples that are looked at for the true peak
_FILTER: Final[Any] = firwin(_OVERSAMPLING * 24 + 1, 1 / _OVERSAMPLING, window=("kaiser", 5.0))
_BLOCK_FRAMES: Final = 4_096
_MARGIN_FRAMES: Final = 16  # what the interpolation filter reaches beyond a block, and some
_LIMITER_SECONDS: Final = 0.04  # the gain moves this slowly around a peak, unheard
_LIMITER_CEILING: Final = 10 ** (-1.5 / 20)  # half a dB to spare for what a lossy codec adds
_LIMITER_ROUNDS: Final = 8

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Levelled:
    """Sound at its level.

    Attributes:
        samples: float32 (frames, channels).
        loudness_lufs: integrated loudness.
        true_peak_dbtp: true peak.
    """

    samples: Samples
    loudness_lufs: float
    true_peak_dbtp: float


def loudness_lufs(samples: Samples, sample_rate: int) -> float:
    """Integrated loudness.

    Args:
        samples: float (frames, channels).
        sample_rate: frames a second.

    Returns:
        LUFS; minus infinity where nothing passes the gate at −70 LUFS.
    """
    shortest = int(np.ceil(_GATE_BLOCK_SECONDS * sample_rate)) + 1
    if len(samples) < shortest:
        samples = np.pad(samples, ((0, shortest - len(samples)), (0, 0)))
    with np.errstate(divide="ignore"):
        return float(pyloudnorm.Meter(sample_rate).integrated_loudness(samples))


def true_peak_dbtp(samples: Samples) -> float:
    """Highest peak between the samples too, by fourfold interpolation, dBTP.

    Args:
        samples: float (frames, channels), not silent.
    """
    # Interpolation adds less than 6 dB, so blocks far below the loudest cannot hold the peak.
    highest = highest_sample(samples)
    peak = highest
    for start in range(0, len(samples), _BLOCK_FRAMES):
        if highest_sample(samples[start : start + _BLOCK_FRAMES]) > highest / 2:
            peak = max(peak, float(_block_peaks(samples, start).max()))
    return float(20 * np.log10(peak))


def level(samples: Samples, sample_rate: int) -> Levelled:
    """Bring sound to −23 LUFS with a true peak of at most −1 dBTP.

    One gain for the whole piece; only where a peak would go past the ceiling, a limiter
    turns down the moments around it.

    Args:
        samples: float32 (frames, channels).
        sample_rate: frames a second.

    Raises:
        SilentAudioError: nothing in it can be heard.
    """
    highest = highest_sample(samples)
    if highest < SILENCE_PEAK:
        raise SilentAudioError("The rendered sound is silent: no instrument played any of the notes.")
    # Very soft pieces lie below the meter's gate, so it measures them at full scale.
    levelled = samples / np.float32(highest)
    del samples  # a long piece takes hundreds of megabytes, and the caller's copy may be gone
    loudness = loudness_lufs(levelled, sample_rate)
    if not np.isfinite(loudness):
        raise SilentAudioError("The rendered sound is too short and soft to be heard.")
    gain = TARGET_LUFS - loudness
    peak = true_peak_dbtp(levelled) + gain
    levelled *= _factor(gain)
    if peak <= CEILING_DBTP:
        return Levelled(levelled, TARGET_LUFS, peak)
    levelled = _limited_to_target(levelled, sample_rate)
    return Levelled(levelled, loudness_lufs(levelled, sample_rate), true_peak_dbtp(levelled))


def highest_sample(samples: Samples) -> float:
    """Largest magnitude in it; 0 where there is nothing. Makes no copy, as `abs` would."""
    return float(max(samples.max(initial=0.0), -samples.min(initial=0.0)))


def _factor(decibels: float) -> np.float32:
    return np.float32(10 ** (decibels / 20))


def _limited_to_target(samples: Samples, sample_rate: int) -> Samples:
    """Limit peaks, and give back by gain the loudness that this takes, until both hold."""
    boost = 0.0
    limited = samples
    for _ in range(_LIMITER_ROUNDS):
        limited = _limit(samples * _factor(boost), sample_rate)
        missing = TARGET_LUFS - loudness_lufs(limited, sample_rate)
        if abs(missing) < TOLERANCE_LU / 5:
            break
        boost += missing
    return limited


def _limit(samples: Samples, sample_rate: int) -> Samples:
    peaks = np.concatenate([_block_peaks(samples, start) for start in range(0, len(samples), _BLOCK_FRAMES)])
    wanted = np.minimum(1.0, _LIMITER_CEILING / np.maximum(peaks, 1e-9))
    width = int(_LIMITER_SECONDS * sample_rate) | 1
    # The mean of minima over one window never exceeds the gain wanted at its middle.
    gain = uniform_filter1d(minimum_filter1d(wanted, width), width)
    return samples * gain.astype(np.float32)[:, None]


def _block_peaks(samples: Samples, start: int) -> Samples:
    """float32 (≤ _BLOCK_FRAMES,): peak at and after each sample of a block, over the channels."""
    before = min(start, _MARGIN_FRAMES)
    block = samples[start - before : start + _BLOCK_FRAMES + _MARGIN_FRAMES]
    fine = np.abs(resample_poly(block, _OVERSAMPLING, 1, axis=0, window=_FILTER)).max(axis=1)
    peaks = fine.reshape(-1, _OVERSAMPLING).max(axis=1)[before : before + _BLOCK_FRAMES]
    return np.asarray(peaks, dtype=np.float32)
