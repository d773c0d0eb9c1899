"""Excerpts for listening tests: one length, one loudness, one codec, one size, and no name on them."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from musicgen.audio.encode import encode
from musicgen.audio.errors import RenderError, SilentAudioError
from musicgen.audio.limits import SAMPLE_RATE
from musicgen.audio.ogg import uniform_opus
from musicgen.learning.durable import write_file

if TYPE_CHECKING:
    from musicgen.audio.loudness import Samples

EXCERPT_SECONDS: Final = 20.0
LEAST_SOUND_SECONDS: Final = 5.0  # of an excerpt; less is nothing to judge
FILE_BYTES: Final = 340_000  # of every excerpt: libopus writes about 305,000 for 20 s of stereo
_FADE_SECONDS: Final = 0.25  # in and out, so that a cut in mid-phrase does not click
_BLOCK_SECONDS: Final = 0.1
_AUDIBLE: Final = 10 ** (-50 / 20)  # of the highest peak


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A finished excerpt.

    Attributes:
        path: an Ogg Opus file of `FILE_BYTES` bytes and `EXCERPT_SECONDS`.
        sha256: of its bytes, in hex.
        loudness_lufs, true_peak_dbtp: before encoding.
    """

    path: Path
    sha256: str
    loudness_lufs: float
    true_peak_dbtp: float


def make_excerpt(sound: Path, out: Path, *, start_seconds: float) -> Excerpt:
    """Cut an excerpt out of a sound file, level it, and write it like every other.

    Args:
        sound: a lossless sound file, 48 kHz, stereo.
        out: the file to write; replaced if it is there.
        start_seconds: where it begins. What a short piece lacks at its end is silence.

    Raises:
        SilentAudioError: it sounds for less than `LEAST_SOUND_SECONDS`.
        RenderError: it cannot be read or written.
    """
    import soundfile  # neither this nor SciPy is for a page that says how long an excerpt is

    from musicgen.audio.loudness import level

    frames = round(EXCERPT_SECONDS * SAMPLE_RATE)
    try:
        with soundfile.SoundFile(str(sound)) as file:
            if file.samplerate != SAMPLE_RATE:
                raise RenderError(f"{sound.name} has {file.samplerate} frames a second, not {SAMPLE_RATE}.")
            file.seek(min(round(start_seconds * SAMPLE_RATE), file.frames))
            samples: Samples = file.read(frames, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise RenderError(f"{sound.name} cannot be read: {error}") from error
    sounding = _sounding_seconds(samples)
    if sounding < LEAST_SOUND_SECONDS:
        raise SilentAudioError(f"The excerpt sounds for {sounding:.1f} s only.")
    levelled = level(_faded(samples), SAMPLE_RATE)
    padded = np.pad(levelled.samples, ((0, frames - len(samples)), (0, 0)))
    with tempfile.TemporaryDirectory(prefix=".excerpt-") as folder:
        plain = encode(padded, SAMPLE_RATE, Path(folder, "plain.opus"), "opus")
        data = uniform_opus(plain.path.read_bytes(), FILE_BYTES)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_file(out, data)
    return Excerpt(out, hashlib.sha256(data).hexdigest(), levelled.loudness_lufs, levelled.true_peak_dbtp)


def _sounding_seconds(samples: Samples) -> float:
    block = round(_BLOCK_SECONDS * SAMPLE_RATE)
    whole = np.abs(samples[: len(samples) // block * block]).reshape(-1, block * samples.shape[1])
    if not whole.size:
        return 0.0
    peaks = whole.max(axis=1)
    return float((peaks > max(peaks.max() * _AUDIBLE, 1e-5)).sum() * _BLOCK_SECONDS)


def _faded(samples: Samples) -> Samples:
    fade = min(len(samples) // 2, round(_FADE_SECONDS * SAMPLE_RATE))
    ramp = np.linspace(0.0, 1.0, fade, dtype=np.float32)[:, None]
    faded = samples.copy()
    faded[:fade] *= ramp
    faded[len(faded) - fade :] *= ramp[::-1]
    return faded
