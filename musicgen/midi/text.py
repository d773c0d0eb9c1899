"""Text in MIDI files: the format names no encoding, so it is guessed from the bytes."""

from __future__ import annotations

import re
from typing import Final

_RUNS: Final = re.compile(rb"[\x80-\xff]+")
_LONG_RUN: Final = 3  # bytes: accents in Latin text stand alone or in pairs, other scripts in words
_KANA: Final = re.compile("[\u3041-\u30fe]")
_HALF_WIDTH_KANA: Final = re.compile(rb"[\xa1-\xdf]*[\xa1-\xbf][\xa1-\xdf]*")
_ARABIC: Final = re.compile("[\u0621-\u06cc]")
_CYRILLIC_WORD: Final = re.compile(rb"[\xc0-\xdf\xa8]*|[\xc0-\xdf\xa8]?[\xe0-\xff\xb8]*")  # in windows-1251
_MOST: Final = 0.7


def decode_text(raw: bytes) -> str:
    """Text of unknown encoding: UTF-8 or UTF-16 where it is, else what its bytes look like.

    Told apart are Shift-JIS by its kana, windows-1251 (Cyrillic) and windows-1256 (Arabic,
    Persian) by words without ASCII letters, and windows-1252 for the rest. Never fails.
    """
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    japanese = _decoded(raw, "cp932")
    if _KANA.search(japanese):
        return japanese
    runs = _RUNS.findall(raw)
    if max(map(len, runs)) >= _LONG_RUN:
        if japanese and all(map(_HALF_WIDTH_KANA.fullmatch, runs)):
            return japanese
        words = [run for run in runs if len(run) >= _LONG_RUN]
        if sum(bool(_CYRILLIC_WORD.fullmatch(word)) for word in words) >= _MOST * len(words):
            return raw.decode("cp1251", errors="replace")
        arabic = raw.decode("cp1256", errors="replace")
        if len(_ARABIC.findall(arabic)) >= _MOST * sum(map(len, runs)):
            return arabic
    return raw.decode("cp1252", errors="replace")


def _decoded(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return ""
