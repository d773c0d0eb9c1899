"""The one door from a MIDI file to its sound files: render once, level once, encode each."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from musicgen.audio.encode import FORMATS, Tags, audio_format, encode
from musicgen.audio.limits import DEFAULT_LIMITS, SAMPLE_RATE, RenderLimits
from musicgen.audio.peaks import waveform_peaks
from musicgen.audio.render import RenderedAudio, render_wav

if TYPE_CHECKING:
    from musicgen.audio.loudness import Levelled, Samples

_AUDIBLE: Final = 10 ** (-60 / 20)  # of the highest peak: what dies away below is not missed
_REST_SECONDS: Final = 0.5  # kept after the last audible moment
_BLOCK_FRAMES: Final = 65_536
_FADE_SECONDS: Final = 0.05  # so that the cut makes no click


@dataclass(frozen=True, slots=True)
class RenditionFile:
    """One sound file of a piece, and what is the same for all files of one rendering.

    Attributes:
        format: a key of `FORMATS`.
        path: where it is.
        byte_count: its size.
        sha256: of its bytes, in hex.
        seconds: its length.
        loudness_lufs: integrated loudness.
        true_peak_dbtp: true peak.
        synthesizer: which one played.
        soundfont: name of the soundfont's file.
        peaks: outline for a waveform, 0–1.
    """

    format: str
    path: Path
    byte_count: int
    sha256: str
    seconds: float
    loudness_lufs: float
    true_peak_dbtp: float
    synthesizer: str
    soundfont: str
    peaks: tuple[float, ...]


def iter_renditions(
    midi: bytes | Path,
    folder: Path,
    *,
    formats: Sequence[str] = tuple(FORMATS),
    name: str = "song",
    tags: Tags | None = None,
    soundfont: Path | None = None,
    limits: RenderLimits = DEFAULT_LIMITS,
) -> Iterator[RenditionFile]:
    """Make the sound files of a piece one by one, each given as soon as it is finished.

    Nothing happens before the first is asked for; stopping early leaves what is finished.

    Args:
        midi: the bytes of a MIDI file, or where it is.
        folder: where the files go, as `<name>.<format>`; made if it is not there.
        formats: keys of `FORMATS`, made in this order.
        name: file name without ending.
        tags: title, artist and comment, written into each file.
        soundfont: an SF2 or SF3 file; chosen by the instruments when left out.
        limits: how long and large the rendering may become.

    Raises:
        MidiError: not a MIDI file, damaged, or past the reader's limits.
        RenderError: it cannot be made into sound; `SilentAudioError`, `RenderLimitError`
            and `SoundfontError` say more.
    """
    for format_name in formats:
        audio_format(format_name)  # refused before the work, not after it
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".rendering-", dir=folder) as rough:
        audio = render_wav(midi, Path(rough, "rough.wav"), soundfont=soundfont, limits=limits)
        levelled = _levelled(audio)
    peaks = tuple(waveform_peaks(levelled.samples))
    for format_name in formats:
        chosen = audio_format(format_name)
        file = encode(levelled.samples, SAMPLE_RATE, folder / f"{name}.{chosen.name}", chosen.name, tags)
        yield RenditionFile(
            format=chosen.name,
            path=file.path,
            byte_count=file.byte_count,
            sha256=file.sha256,
            seconds=len(levelled.samples) / SAMPLE_RATE,
            loudness_lufs=levelled.loudness_lufs,
            true_peak_dbtp=levelled.true_peak_dbtp,
            synthesizer=audio.synthesizer,
            soundfont=audio.soundfont,
            peaks=peaks,
        )


def make_renditions(
    midi: bytes | Path,
    folder: Path,
    *,
    formats: Sequence[str] = tuple(FORMATS),
    name: str = "song",
    tags: Tags | None = None,
    soundfont: Path | None = None,
    limits: RenderLimits = DEFAULT_LIMITS,
) -> list[RenditionFile]:
    """All sound files of a piece at once; see `iter_renditions`."""
    made = iter_renditions(
        midi, folder, formats=formats, name=name, tags=tags, soundfont=soundfont, limits=limits
    )
    return list(made)


def _levelled(audio: RenderedAudio) -> Levelled:
    import soundfile

    from musicgen.audio.loudness import level  # SciPy takes a second: reading a piece must not wait

    return level(_trimmed(soundfile.read(str(audio.path), dtype="float32", always_2d=True)[0]), SAMPLE_RATE)


def _trimmed(samples: Samples) -> Samples:
    """Sound up to where the last note has died away, faded out (in place) over the last moment."""
    threshold = max(samples.max(initial=0.0), -samples.min(initial=0.0)) * _AUDIBLE
    end = len(samples)
    while end > 0:
        block = np.abs(samples[max(0, end - _BLOCK_FRAMES) : end]).max(axis=1)
        audible = np.flatnonzero(block > threshold)
        if len(audible):
            end += int(audible[-1]) + 1 - len(block)
            break
        end -= len(block)
    kept = samples[: end + int(_REST_SECONDS * SAMPLE_RATE)]
    fade = min(len(kept), int(_FADE_SECONDS * SAMPLE_RATE))
    kept[len(kept) - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)[:, None]
    return kept
