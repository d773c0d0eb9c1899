"""Splits by hash: the right shares, nothing moves, nothing stays empty."""

import hashlib
from collections import Counter

import pytest

from musicgen.corpus import CorpusError
from musicgen.corpus.splitting import split_of_fingerprint


def keys(count, start=0):
    return [hashlib.sha256(str(number).encode()).hexdigest() for number in range(start, start + count)]


def test_it_splits_eight_to_one_to_one():
    counts = Counter(split_of_fingerprint(keys(5000)).values())
    assert counts["train"] == pytest.approx(4000, abs=120)
    assert counts["validation"] == pytest.approx(500, abs=90)
    assert counts["test"] == pytest.approx(500, abs=90)


def test_it_leaves_every_piece_where_it_is_when_others_are_added():
    before = split_of_fingerprint(keys(300))
    after = split_of_fingerprint(keys(3000))
    assert all(after[key] == split for key, split in before.items())


@pytest.mark.parametrize("start", range(0, 300, 3))
def test_it_gives_every_split_a_piece_even_of_three(start):
    assert sorted(split_of_fingerprint(keys(3, start)).values()) == ["test", "train", "validation"]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_it_says_that_there_are_too_few_pieces(count):
    with pytest.raises(CorpusError, match=f"Only {count} usable"):
        split_of_fingerprint(keys(count))
