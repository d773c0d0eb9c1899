from __future__ import annotations

import keras
import numpy as np
import pytest

from musicgen.learning import likelihood
from musicgen.learning.likelihood import PieceScorer, beginnings_of, unigram_baseline
from musicgen.networks import build_network
from musicgen.representation import ChordVocabulary
from tests.musicgen.learning.tiny_corpus import tiny_score

SCORES = [tiny_score(seed, notes) for seed, notes in enumerate((5, 40, 12, 25))]
VOCABULARY = ChordVocabulary.build(SCORES)
PIECES = [VOCABULARY.encode(score) for score in SCORES]


def test_it_scores_a_piece_as_if_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likelihood, "_ROWS", 2)
    monkeypatch.setattr(likelihood, "_LENGTH", 7)
    network = build_network("lstm", {"vocabulary_size": VOCABULARY.size, "embedding_dim": 8, "units": 8})
    expected = []
    for piece in PIECES:
        logits, _ = network(piece[None, :-1])
        log_p = np.asarray(keras.ops.log_softmax(logits))[0]
        expected.append(-log_p[np.arange(len(piece) - 1), piece[1:]].sum())
    tokens = sum(len(piece) - 1 for piece in PIECES)
    found = PieceScorer(network, VOCABULARY).score(PIECES)
    assert found.nats_per_token == pytest.approx(sum(expected) / tokens, abs=1e-5)
    assert found.nats_per_note == pytest.approx(sum(expected) / sum(s.note_count for s in SCORES), abs=1e-5)
    by_piece = [nats / (len(piece) - 1) for nats, piece in zip(expected, PIECES, strict=True)]
    assert found.nats_per_token_by_piece == pytest.approx(np.mean(by_piece), abs=1e-5)
    assert (found.tokens, found.pieces) == (tokens, 4)


def test_it_knows_the_unigram_baseline_by_hand() -> None:
    size = VOCABULARY.size
    train, held_out = [np.array([1, 7, 7, 9])], [np.array([1, 7, 8])]
    # Counts after the first token, one added to each: 7 has 3, 9 has 2, all others 1.
    expected = -np.log(3 / (size + 3)) - np.log(1 / (size + 3))
    assert unigram_baseline(train, held_out, VOCABULARY).nats_per_token == pytest.approx(expected / 2)


@pytest.mark.parametrize(
    ("tokens", "expected"), [(100, [9, 4, 17]), (24, [9, 4, 11]), (12, [4, 4, 4]), (1, [2, 2, 2])]
)
def test_it_takes_beginnings_of_one_length(tokens: int, expected: list[int]) -> None:
    pieces = [np.arange(length) for length in (9, 4, 17)]
    assert [len(piece) for piece in beginnings_of(pieces, tokens)] == expected
