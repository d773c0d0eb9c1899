"""Which split a piece belongs to: decided by its work's or its notes' hash, never by windows of it.

Pieces that are nearly one stay together, so that no network is tested on what it has learned.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from musicgen.corpus.errors import CorpusError
from musicgen.corpus.reader import SPLITS

MIN_PIECES: Final = 3  # one for each split
_TRAIN_SHARE: Final = 0.8
_VALIDATION_SHARE: Final = 0.1  # and the rest is the test split
_MASS_SHARE: Final = 0.05  # of all pieces: more that are alike would be most of validation or test


@dataclass(frozen=True, slots=True)
class Belonging:
    """What decides where a piece goes.

    Attributes:
        group: equal for pieces that must stay together (a work, a composer); empty if it goes alone.
        given: the split that its dataset gives it; empty if none.
    """

    group: str = ""
    given: str = ""


def split_of_pieces(pieces: Mapping[str, Belonging], alike: Iterable[tuple[str, str]] = ()) -> dict[str, str]:
    """The split of each piece.

    Splits that a dataset gives are kept, if it gives at least two. All else is decided by the
    hash of the group, or of the piece where it goes alone, so that it stays where it is when
    others are added, unless one of these is nearly the same. Groups with pieces that are nearly
    the same become one. A split for which nothing is given is taken out of the train split.

    Args:
        pieces: by fingerprint, SHA-256 in hex.
        alike: pairs of fingerprints of pieces that are nearly the same.

    Raises:
        CorpusError: fewer than three pieces or groups.
    """
    key_of = {
        fingerprint: hashlib.sha256(piece.group.encode()).hexdigest() if piece.group else fingerprint
        for fingerprint, piece in pieces.items()
    }
    keys = set(key_of.values())
    if len(keys) < MIN_PIECES <= len(pieces):
        raise CorpusError(
            f"All {len(pieces):,} usable pieces belong to {len(keys)} works or composers, at least "
            f"{MIN_PIECES} different ones are needed: one each to train on, to validate with and to test "
            "with. Add more."
        )
    joined = _joined(keys, ((key_of[first], key_of[second]) for first, second in alike))
    if len(set(joined.values())) < MIN_PIECES:  # there would be no splits at all
        joined = {key: key for key in keys}
    by_hash = _split_of_joined(joined, Counter(joined[key] for key in key_of.values()))
    given = {piece.given for piece in pieces.values()} - {""}
    if len(given) < 2:
        return {fingerprint: by_hash[joined[key]] for fingerprint, key in key_of.items()}
    splits = {}
    for fingerprint, piece in pieces.items():
        hashed = by_hash[joined[key_of[fingerprint]]]
        kept = piece.given if piece.given != "train" or hashed in given else hashed
        splits[fingerprint] = kept or hashed
    return splits


def _joined(keys: Iterable[str], pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """For each key the one that decides for all that are linked with it, directly or by others."""
    leader = {key: key for key in keys}

    def led(key: str) -> str:
        while leader[key] != key:
            leader[key] = leader[leader[key]]
            key = leader[key]
        return key

    for pair in pairs:
        # Of two the one with the smaller hash decides: never chosen for where it would go itself.
        first, second = sorted(map(led, pair), key=lambda key: hashlib.sha256(key.encode()).digest())
        leader[second] = first
    return {key: led(key) for key in leader}


def _split_of_joined(joined: Mapping[str, str], sizes: Mapping[str, int]) -> dict[str, str]:
    """The split of each deciding key; what would be most of a small split is trained on instead."""
    splits = split_of_fingerprint(set(joined.values()))
    lone = Counter(splits.values())
    for key in sorted({led for key, led in joined.items() if key != led}):
        split = splits[key]
        if split != SPLITS[0] and lone[split] > 1 and sizes[key] > _MASS_SHARE * sum(sizes.values()):
            splits[key] = SPLITS[0]
            lone[split] -= 1
    return splits


def split_of_fingerprint(fingerprints: Iterable[str]) -> dict[str, str]:
    """The split of each piece that goes alone.

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
