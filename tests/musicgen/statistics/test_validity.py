"""Validity: counted where tokens break the rules, and over sets of songs."""

import numpy as np

from musicgen.representation import ChordVocabulary
from musicgen.statistics.validity import SongValidity, describe_validity, illegal_tokens
from tests.musicgen.statistics.made_songs import walk

VOCABULARY = ChordVocabulary.build([walk(seed) for seed in range(3)])


def test_it_finds_nothing_wrong_with_what_the_vocabulary_wrote():
    assert illegal_tokens(VOCABULARY.encode(walk(1)), VOCABULARY.grammar()) == 0


def test_it_counts_each_token_out_of_place_once():
    tokens = VOCABULARY.encode(walk(1))
    spoiled = np.insert(tokens, [1, 30, 60], VOCABULARY.bos)  # a beginning in the middle
    assert illegal_tokens(spoiled, VOCABULARY.grammar()) == 3
    assert illegal_tokens([VOCABULARY.eos], VOCABULARY.grammar()) == 1
    assert illegal_tokens([], VOCABULARY.grammar()) == 0


def test_it_sums_up_a_set():
    songs = [
        SongValidity(tokens=100, illegal=0, parses=True, has_notes=True, ends=True),
        SongValidity(tokens=300, illegal=4, parses=True, has_notes=False, ends=False),
    ]
    assert describe_validity(songs).to_json() == {
        "songs": 2,
        "illegal_tokens": 1.0,
        "parsing": 100.0,
        "with_notes": 50.0,
        "ending": 50.0,
    }
    assert describe_validity([]).illegal_tokens is None
