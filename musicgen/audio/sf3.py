"""SF3 → SF2: a soundfont of Ogg Vorbis samples as one of plain samples, in memory.

For a synthesizer that reads SF2 only. Sounds the same: presets, instruments, generators and
modulators are passed on byte for byte. Knows no synthesizer and no music.

Source: SoundFont 2.04 technical specification (E-mu 2006), sections 4 and 7.10, for the
chunks and the sample headers; SF3 is that format as MuseScore changed it: version 3, and of a
sample whose type has the flag 0x10 `start` and `end` count bytes of an Ogg Vorbis stream in
the `smpl` chunk, and its loop counts frames from the sample's own beginning.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import soundfile

from musicgen.audio.errors import SoundfontError

SAMPLE_HEADER: Final = struct.Struct("<20sIIIIIBbHH")
"""A record of `shdr`: name, start, end, loop start, loop end, rate, key, cents, link, type."""

COMPRESSED: Final = 0x10  # flag of the sample type: the sample is an Ogg Vorbis stream
SILENT_FRAMES: Final = 46  # zeros that the specification wants after each sample
_ROM: Final = 0x8000  # flag of the sample type: the sample lies in a sound card, not in the file
_VERSION_2_04: Final = struct.pack("<HH", 2, 4)
_PRESET_BYTES: Final = 38  # a record of `phdr`
_BANK_AT: Final = 22
_DRUM_BANK: Final = 128

_Chunks = dict[bytes, memoryview]


@dataclass(frozen=True, slots=True)
class _Laid:
    """Samples one after the other: their headers (bytes of `shdr`) and frames (of `smpl`)."""

    headers: bytes
    frames: bytes


def expand_sf3(data: bytes) -> bytes:
    """The soundfont as SF2.

    Args:
        data: an SF3 or SF2 file.

    Returns:
        An SF2 file of 16-bit samples; the very same bytes where nothing is compressed.

    Raises:
        SoundfontError: no soundfont, or a damaged one.
    """
    lists = _lists(data)
    headers = _chunk(lists, b"pdta", b"shdr")
    if len(headers) % SAMPLE_HEADER.size or not len(headers):
        raise SoundfontError(f"The soundfont is damaged: {len(headers)} bytes of sample headers.")
    if not any(row[-1] & COMPRESSED for row in SAMPLE_HEADER.iter_unpack(headers)):
        return data
    laid = _laid(headers, _chunk(lists, b"sdta", b"smpl"))
    lists[b"INFO"][b"ifil"] = memoryview(_VERSION_2_04)
    lists[b"sdta"] = {b"smpl": memoryview(laid.frames)}  # 24-bit parts would fit the old frames only
    lists[b"pdta"][b"shdr"] = memoryview(laid.headers)
    body = [b"sfbk"]
    for kind, chunks in lists.items():
        content = kind + b"".join(_written(name, chunk) for name, chunk in chunks.items())
        body.append(_written(b"LIST", content))
    return _written(b"RIFF", b"".join(body))


def has_drum_kit(data: bytes) -> bool:
    """Whether a preset of the soundfont (SF2 or SF3) is a drum kit, in bank 128.

    Raises:
        SoundfontError: no soundfont, or a damaged one.
    """
    presets = _chunk(_lists(data), b"pdta", b"phdr")
    banks = range(_BANK_AT, len(presets) - _PRESET_BYTES, _PRESET_BYTES)  # the last one is an end mark
    return any(struct.unpack_from("<H", presets, at)[0] == _DRUM_BANK for at in banks)


def _lists(data: bytes) -> dict[bytes, _Chunks]:
    """The three lists of a soundfont (INFO, sdta, pdta) and the chunks in each, in the file's order."""
    if data[:4] != b"RIFF" or data[8:12] != b"sfbk":
        raise SoundfontError("This is not a SoundFont file (SF2 or SF3).")
    found = {
        bytes(body[:4]): dict(_chunks(body[4:]))
        for name, body in _chunks(memoryview(data)[12:])
        if name == b"LIST"
    }
    missing = [kind.decode() for kind in (b"INFO", b"sdta", b"pdta") if kind not in found]
    if missing:
        raise SoundfontError(f"The soundfont is damaged: it has no {' and no '.join(missing)} list.")
    return found


def _chunks(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    at = 0
    while at + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        at += 8
        if at + length > len(data):
            raise SoundfontError(
                f"The soundfont breaks off: its chunk {name.decode('latin-1')!r} claims {length:,} bytes, "
                f"and {len(data) - at:,} follow."
            )
        yield name, data[at : at + length]
        at += length + length % 2  # RIFF pads odd chunks with a byte that their length does not count


def _written(name: bytes, body: bytes | memoryview) -> bytes:
    return b"".join((name, struct.pack("<I", len(body)), body, b"\0" * (len(body) % 2)))


def _chunk(lists: dict[bytes, _Chunks], kind: bytes, name: bytes) -> memoryview:
    try:
        return lists[kind][name]
    except KeyError:
        raise SoundfontError(f"The soundfont is damaged: it has no {name.decode()} chunk.") from None


def _laid(headers: memoryview, stored: memoryview) -> _Laid:
    """All samples decoded, with headers that say where they lie now."""
    *rows, end_mark = SAMPLE_HEADER.iter_unpack(headers)
    new_headers: list[bytes] = []
    pieces: list[bytes] = []
    at = 0
    for name, start, end, loop_start, loop_end, rate, key, cents, link, kind in rows:
        if kind & _ROM:
            new_headers.append(
                SAMPLE_HEADER.pack(name, start, end, loop_start, loop_end, rate, key, cents, link, kind)
            )
            continue
        if kind & COMPRESSED:
            frames = _decoded(stored[start:end], name)
        else:
            frames = np.frombuffer(stored[2 * start : 2 * end], dtype="<i2")
            loop_start, loop_end = loop_start - start, loop_end - start
        # Some fonts have loops past their sample's end, which would sound the next sample.
        loop_start, loop_end = (min(max(frame, 0), len(frames)) + at for frame in (loop_start, loop_end))
        place = (at, at + len(frames), loop_start, loop_end)
        new_headers.append(SAMPLE_HEADER.pack(name, *place, rate, key, cents, link, kind & ~COMPRESSED))
        pieces += [frames.tobytes(), bytes(2 * SILENT_FRAMES)]
        at += len(frames) + SILENT_FRAMES
    new_headers.append(SAMPLE_HEADER.pack(*end_mark))
    return _Laid(b"".join(new_headers), b"".join(pieces))


def _decoded(stream: memoryview, name: bytes) -> npt.NDArray[np.int16]:
    """int16 (frames,) of an Ogg Vorbis stream."""
    shown = name.split(b"\0")[0].decode("latin-1")
    try:
        # Vorbis may go past full scale, and libsndfile's own 16 bits would wrap around there.
        samples, _ = soundfile.read(io.BytesIO(stream), dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise SoundfontError(f"The soundfont's sample {shown!r} cannot be decoded: {error}") from error
    if samples.shape[1] != 1:
        raise SoundfontError(f"The soundfont's sample {shown!r} has {samples.shape[1]} channels, not one.")
    samples *= 32_767
    np.clip(np.rint(samples, out=samples), -32_768, 32_767, out=samples)
    return np.asarray(samples[:, 0], dtype="<i2")
