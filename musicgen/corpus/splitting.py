"""Which split a piece belongs to: decided by the hash of its notes, never by windows of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from musicgen.corpus.errors import CorpusError
from musicgen.corpus.reader import SPLITS

MIN_PIECES: Final = 3  # one for each split
_TRAIN_SHARE: Final = 0.8
_VALIDATION_SHARE: Final = 0.1  # and the rest is the test split


def split_of_fingerprint(fingerprints: Iterable[str]) -> dict[str, str]:
    """The split of each piece.

    A piece's hash alone decides, so that it stays where it is when others are added. Only where
    a split would stay empty it gets the piece whose hash lies nearest.

    Args:
        fingerprints: SHA-256 in hex, each once.

    Raises:
        CorpusError: fewer than three pieces.
    """
    ordered = sorted(fingerprints)
    if len(ordered) < MIN_PIECES:
        raise CorpusError(
            f"Only {len(ordered)} usable pieces were found, at least {MIN_PIECES} different ones are needed: "
            "one each to train on, to validate with and to test with. Add more files."
        )
    places = [int(fingerprint[:16], 16) / 2**64 for fingerprint in ordered]
    train_end = sum(place < _TRAIN_SHARE for place in places)
    validation_end = sum(place < _TRAIN_SHARE + _VALIDATION_SHARE for place in places)
    train_end = min(max(train_end, 1), len(ordered) - 2)
    validation_end = min(max(validation_end, train_end + 1), len(ordered) - 1)
    bounds = (0, train_end, validation_end, len(ordered))
    return {
        fingerprint: split
        for split, start, end in zip(SPLITS, bounds[:-1], bounds[1:], strict=True)
        for fingerprint in ordered[start:end]
    }
