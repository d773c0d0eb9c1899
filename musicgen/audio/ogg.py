"""Ogg Opus files that tell nothing but their sound: no tags, no serial number, one size for all.

A stranger who compares two files must not learn from their sizes or headers which is which. The
header for tags may be padded (RFC 7845, section 5.2); it takes up what a file is short of.
"""

from __future__ import annotations

import struct
from typing import Final

from musicgen.audio.errors import RenderError

_CAPTURE: Final = b"OggS"
_HEAD_BYTES: Final = 27
_SEGMENT: Final = 255
_MOST_SEGMENTS: Final = 255
_POLYNOMIAL: Final = 0x04C11DB7  # RFC 3533, section 6
_NO_END: Final = 0xFFFFFFFFFFFFFFFF  # granule position of a page on which no packet ends
_CONTINUED: Final = 1
_EXTRA_PAGES: Final = 4


def uniform_opus(data: bytes, size: int) -> bytes:
    """The same sound in exactly `size` bytes, without tags, with serial number 0.

    Args:
        data: an Ogg Opus file with one stream, as libsndfile writes it.
        size: bytes wanted.

    Raises:
        RenderError: it is no such file, or larger.
    """
    pages = _pages(data)
    first, rest = pages[0], _after_tags(pages)
    spare = size - sum(len(page) for page in (first, *rest))
    tags = _tag_pages(spare)
    if tags is None:
        raise RenderError(f"An excerpt of {len(data):,} bytes does not fit into {size:,}.")
    return b"".join(_signed(page, number) for number, page in enumerate((first, *tags, *rest)))


def _pages(data: bytes) -> list[bytes]:
    pages = []
    place = 0
    while place < len(data):
        if data[place : place + 4] != _CAPTURE:
            raise RenderError("The excerpt is no Ogg file.")
        count = data[place + 26]
        body = sum(data[place + _HEAD_BYTES : place + _HEAD_BYTES + count])
        end = place + _HEAD_BYTES + count + body
        pages.append(data[place:end])
        place = end
    if len(pages) < 3:
        raise RenderError("The excerpt holds no sound.")
    return pages


def _after_tags(pages: list[bytes]) -> list[bytes]:
    """The pages of sound: those after the one on which the second packet, the tags, ends."""
    for number, page in enumerate(pages[1:], start=1):
        if any(length < _SEGMENT for length in page[_HEAD_BYTES : _HEAD_BYTES + page[26]]):
            return pages[number + 1 :]
    raise RenderError("The excerpt's tags do not end.")


def _tag_pages(total: int) -> list[bytes] | None:
    """Pages of `total` bytes with an empty list of tags and padding; None if there is no room."""
    least = b"OpusTags" + struct.pack("<II", 0, 0)
    # A packet that grows by one byte may need one more byte to say so, or a page more: the
    # number of pages is free, so that every total can be reached.
    for pages in range(1, total // (_SEGMENT * _MOST_SEGMENTS) + _EXTRA_PAGES):
        for length in range(max(len(least), total - 27 * pages - total // 200 - 8), total - 27 * pages):
            segments = length // _SEGMENT + 1
            if (
                length + segments + _HEAD_BYTES * pages == total
                and pages <= segments <= pages * _MOST_SEGMENTS
            ):
                return _split(least + bytes(length - len(least)), pages)
    return None


def _split(packet: bytes, pages: int) -> list[bytes]:
    lacing = [_SEGMENT] * (len(packet) // _SEGMENT) + [len(packet) % _SEGMENT]
    each = -(-len(lacing) // pages)
    counts = [min(each, len(lacing) - start) for start in range(0, len(lacing), each)]
    while len(counts) < pages:  # rounding up may have used fewer: halve the longest
        longest = counts.index(max(counts))
        counts[longest : longest + 1] = [counts[longest] - counts[longest] // 2, counts[longest] // 2]
    made, segment, place = [], 0, 0
    for number, count in enumerate(counts):
        table = bytes(lacing[segment : segment + count])
        body = packet[place : place + sum(table)]
        granule = 0 if number == len(counts) - 1 else _NO_END
        head = struct.pack("<4sBBQIIIB", _CAPTURE, 0, _CONTINUED if number else 0, granule, 0, 0, 0, count)
        made.append(head + table + body)
        segment, place = segment + count, place + sum(table)
    return made


def _signed(page: bytes, number: int) -> bytes:
    """The page with serial number 0, its place in the file, and its checksum."""
    bare = bytearray(page)
    bare[14:26] = struct.pack("<III", 0, number, 0)
    bare[22:26] = struct.pack("<I", _checksum(bytes(bare)))
    return bytes(bare)


def _checksum_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1) ^ (_POLYNOMIAL if value & 0x80000000 else 0)
        table.append(value & 0xFFFFFFFF)
    return tuple(table)


_TABLE: Final = _checksum_table()


def _checksum(data: bytes) -> int:
    value = 0
    for byte in data:
        value = (value << 8 & 0xFFFFFFFF) ^ _TABLE[value >> 24 ^ byte]
    return value
