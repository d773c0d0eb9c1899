"""Samples → a sound file that browsers and players know, by libsndfile."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from musicgen.audio.errors import RenderError

BLOCK_FRAMES: Final = 65_536  # a long Vorbis or Opus written in one call crashes libsndfile
MAX_TAG_CHARACTERS: Final = 500


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """A format that sound is offered in.

    Attributes:
        name: what it is asked for by, and the file's ending.
        container: libsndfile's name of the file format.
        subtype: libsndfile's name of the encoding.
        media_type: for the Content-Type header and `<source type>`.
        lossless: whether the samples come back as they were, to 16 bits.
    """

    name: str
    container: str
    subtype: str
    media_type: str
    lossless: bool


# In the order in which they are made: first what a page can play, smallest first.
FORMATS: Final[dict[str, AudioFormat]] = {
    row.name: row
    for row in (
        AudioFormat("opus", "OGG", "OPUS", "audio/ogg; codecs=opus", lossless=False),
        AudioFormat("mp3", "MP3", "MPEG_LAYER_III", "audio/mpeg", lossless=False),
        AudioFormat("flac", "FLAC", "PCM_16", "audio/flac", lossless=True),
        AudioFormat("wav", "WAV", "PCM_16", "audio/wav", lossless=True),
    )
}


@dataclass(frozen=True, slots=True)
class Tags:
    """What is written into the file beside the sound; empty ones are left out."""

    title: str = ""
    artist: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class EncodedFile:
    """A finished file: where, how large, and the SHA-256 of its bytes in hex."""

    path: Path
    byte_count: int
    sha256: str


def audio_format(name: str) -> AudioFormat:
    """The format of a name or file ending.

    Raises:
        RenderError: there is no such format.
    """
    try:
        return FORMATS[name.lower().lstrip(".")]
    except KeyError:
        raise RenderError(f"There is no audio format {name!r}; use one of {', '.join(FORMATS)}.") from None


def encode(
    samples: npt.NDArray[np.float32], sample_rate: int, path: Path, format_name: str, tags: Tags | None = None
) -> EncodedFile:
    """Write samples as a sound file, whole or not at all.

    Samples of FLAC and WAV come back exactly (to 16 bits). Bytes are the same each time
    too, but not of Opus, whose stream carries a random serial number.

    Args:
        samples: float32 (frames, channels), −1 to 1.
        sample_rate: frames a second; Opus wants 48,000.
        path: replaced if it is there.
        format_name: a key of `FORMATS`.
        tags: title, artist and comment; no tags when left out.

    Raises:
        RenderError: no such format, or the file cannot be written.
    """
    import soundfile  # a page that names a format must not load libsndfile

    chosen = audio_format(format_name)
    handle, name = tempfile.mkstemp(prefix=f".{chosen.name}-", dir=path.parent)
    os.close(handle)
    unfinished = Path(name)
    try:
        _write(samples, sample_rate, unfinished, chosen, tags or Tags())
        digest, byte_count = _fingerprint(unfinished)
        unfinished.chmod(0o644)  # a temporary file is private; this one is to be served
        unfinished.replace(path)
    except (soundfile.LibsndfileError, OSError) as error:
        raise RenderError(f"{path.name} cannot be written: {error}") from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            unfinished.unlink()
    return EncodedFile(path, byte_count, digest)


def _write(
    samples: npt.NDArray[np.float32], sample_rate: int, path: Path, chosen: AudioFormat, tags: Tags
) -> None:
    import soundfile

    with soundfile.SoundFile(
        str(path), "w", sample_rate, samples.shape[1], subtype=chosen.subtype, format=chosen.container
    ) as file:
        for name in ("title", "artist", "comment"):
            text = _clean(getattr(tags, name))
            if text:
                setattr(file, name, text)
        for start in range(0, len(samples), BLOCK_FRAMES):
            block = samples[start : start + BLOCK_FRAMES]
            file.write(_rounded(block) if chosen.lossless else block)
        file.flush()


def _rounded(block: npt.NDArray[np.float32]) -> npt.NDArray[np.int16]:
    """To the nearest 16-bit value: libsndfile rounds for WAV otherwise than for FLAC."""
    return np.asarray(np.clip(np.rint(block * 32_768.0), -32_768, 32_767), dtype=np.int16)


def _clean(text: str) -> str:
    """A tag on one line: control characters would end or break it."""
    return "".join(c if c.isprintable() else " " for c in text).strip()[:MAX_TAG_CHARACTERS]


def _fingerprint(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        os.fsync(file.fileno())  # a rendition is announced only once it is on the disk
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return digest, file.tell()
