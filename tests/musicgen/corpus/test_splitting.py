"""Splits by hash: the right shares, nothing moves, nothing stays empty."""

import hashlib
from collections import Counter
from itertools import pairwise

import pytest

from musicgen.corpus import CorpusError
from musicgen.corpus.splitting import Belonging, split_of_fingerprint, split_of_pieces


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


def test_it_keeps_a_group_together_and_where_it_is_when_it_grows():
    pieces = {key: Belonging(f"work {number % 50}") for number, key in enumerate(keys(200))}
    splits = split_of_pieces(pieces)
    of_group = {}
    for key, piece in pieces.items():
        of_group.setdefault(piece.group, set()).add(splits[key])
    assert all(len(found) == 1 for found in of_group.values())
    more = {**pieces, **{key: Belonging(f"work {number % 80}") for number, key in enumerate(keys(200, 500))}}
    after = split_of_pieces(more)
    assert all(after[key] == split for key, split in splits.items())


def test_it_respects_the_splits_of_the_dataset():
    wanted = ["train"] * 20 + ["validation"] * 3 + ["test"] * 3
    pieces = {key: Belonging("", split) for key, split in zip(keys(26), wanted, strict=True)}
    assert list(split_of_pieces(pieces).values()) == wanted


def test_it_takes_a_split_that_is_not_given_out_of_train():
    wanted = ["train"] * 300 + ["test"] * 40
    pieces = {key: Belonging("", split) for key, split in zip(keys(340), wanted, strict=True)}
    splits = list(split_of_pieces(pieces).values())
    assert set(splits[300:]) == {"test"}
    counts = Counter(splits[:300])
    assert set(counts) == {"train", "validation"}
    assert 15 < counts["validation"] < 50


def test_it_ignores_a_split_that_all_pieces_share():
    pieces = {key: Belonging("", "train") for key in keys(40)}
    assert set(split_of_pieces(pieces).values()) == {"train", "validation", "test"}


def test_it_says_that_there_are_too_few_works():
    pieces = {key: Belonging(f"work {number % 2}") for number, key in enumerate(keys(9))}
    with pytest.raises(CorpusError, match="belong to 2 works"):
        split_of_pieces(pieces)


def test_it_keeps_alike_pieces_together_through_others_and_through_their_works():
    names = keys(400)
    pieces = {key: Belonging(f"work {number}" if number < 40 else "") for number, key in enumerate(names)}
    chains = [(names[start + step], names[start + step + 1]) for start in range(0, 300, 3) for step in (0, 1)]
    splits = split_of_pieces(pieces, chains)
    assert all(splits[first] == splits[second] for first, second in chains)
    counts = Counter(splits.values())
    assert counts["train"] == pytest.approx(320, abs=45)  # alike pieces are as likely held out as others
    assert min(counts.values()) > 15
    assert split_of_pieces(pieces, [pair[::-1] for pair in reversed(chains)]) == splits
    assert split_of_pieces(pieces) != splits


def test_it_moves_no_piece_for_others_that_are_alike_among_themselves():
    before = split_of_pieces({key: Belonging() for key in keys(300)})
    more = keys(600)
    after = split_of_pieces({key: Belonging() for key in more}, pairwise(more[300:]))
    assert all(after[key] == split for key, split in before.items())


@pytest.mark.parametrize("start", range(20))
def test_it_learns_from_a_mass_of_alike_pieces(start):
    names = keys(100, 100 * start)
    splits = split_of_pieces({key: Belonging() for key in names}, pairwise(names[:60]))
    assert splits[names[0]] == "train"
    assert set(splits.values()) == {"train", "validation", "test"}


def test_it_splits_all_the_same_where_all_pieces_are_alike():
    names = keys(5)
    splits = split_of_pieces({key: Belonging() for key in names}, pairwise(names))
    assert set(splits.values()) == {"train", "validation", "test"}
