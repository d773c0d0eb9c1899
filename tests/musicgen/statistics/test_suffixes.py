"""The suffix array against plain searching, on texts with much and with little repetition."""

import numpy as np
import pytest

from musicgen.statistics import suffixes
from musicgen.statistics.suffixes import END, SuffixSearch, suffix_array


def text_of(*pieces):
    return np.concatenate([np.append(np.asarray(piece, np.uint16), np.uint16(END)) for piece in pieces])


def random_text(seed, codes):
    generator = np.random.default_rng(seed)
    return text_of(*(generator.integers(1, codes + 1, generator.integers(0, 40)) for _ in range(12)))


@pytest.mark.parametrize("codes", [1, 2, 5, 60_000])
@pytest.mark.parametrize("seed", range(3))
def test_it_sorts_all_suffixes(seed, codes):
    text = random_text(seed, codes)
    plainly = sorted(range(len(text)), key=lambda place: text[place:].tolist())
    assert suffix_array(text).tolist() == plainly


def test_it_sorts_a_text_of_one_long_repetition():
    text = text_of([7] * 3000)
    assert suffix_array(text).tolist() == list(range(3000, -1, -1))


def plain_places(text, figure):
    width = len(figure)
    return [i for i in range(len(text) - width + 1) if text[i : i + width].tolist() == figure.tolist()]


@pytest.mark.parametrize("length", [1, 2, 5])
def test_it_finds_every_place_of_every_figure(length):
    text = random_text(4, 3)
    pattern = np.random.default_rng(5).integers(1, 5, 30).astype(np.uint16)
    search = SuffixSearch(text, suffix_array(text))
    first, after = search.figures(pattern, length)
    which, places = search.places(first, after)
    for place in range(len(first)):
        assert sorted(places[which == place].tolist()) == plain_places(text, pattern[place : place + length])


def plain_longest(text, pattern):
    best = (0, 0, 0)
    for i in range(len(pattern)):
        for j in range(len(text)):
            length = 0
            while i + length < len(pattern) and text[j + length] == pattern[i + length]:
                length += 1
            if length > best[0]:
                best = (length, i, j)
    return best


@pytest.mark.parametrize("most_pairs", [0, 50_000], ids=["by halving", "followed"])
@pytest.mark.parametrize("codes", [1, 2, 8])
@pytest.mark.parametrize("seed", range(4))
def test_it_finds_the_longest_match(seed, codes, most_pairs, monkeypatch):
    monkeypatch.setattr(suffixes, "_MOST_PAIRS", most_pairs)
    text = random_text(seed, codes)
    generator = np.random.default_rng(seed + 10)
    begin = int(generator.integers(0, len(text) - 30))
    copied = text[begin : begin + 25]
    pattern = np.concatenate([generator.integers(1, codes + 1, 9), copied[copied != END]]).astype(np.uint16)
    length, in_pattern, in_text = SuffixSearch(text, suffix_array(text)).longest_match(pattern)
    assert (length, in_pattern) == plain_longest(text, pattern)[:2]
    assert np.array_equal(text[in_text : in_text + length], pattern[in_pattern : in_pattern + length])


def test_it_follows_a_match_far_beyond_the_first_look():
    generator = np.random.default_rng(1)
    text = text_of(generator.integers(1, 9, 900), generator.integers(1, 9, 900))
    pattern = np.concatenate([[9, 9], text[100:800], [9]]).astype(np.uint16)
    assert SuffixSearch(text, suffix_array(text)).longest_match(pattern) == (700, 2, 100)


def test_it_finds_nothing_where_nothing_is_shared():
    text = text_of([1, 2, 3])
    search = SuffixSearch(text, suffix_array(text))
    assert search.longest_match(np.array([4, 5], np.uint16)) == (0, 0, 0)
    assert search.longest_match(np.zeros(0, np.uint16)) == (0, 0, 0)
    first, after = search.figures(np.array([3, 1], np.uint16), 2)
    assert first.tolist() == after.tolist()
