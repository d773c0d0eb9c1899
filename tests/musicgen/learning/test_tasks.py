from __future__ import annotations

import numpy as np

from musicgen.learning.averaging import EVERY, Average
from musicgen.learning.tasks import task_pieces
from musicgen.representation import EventVocabulary
from tests.musicgen.learning.tiny_corpus import tiny_score

SCORES = [tiny_score(seed, 120) for seed in range(6)]


def test_it_makes_legal_tasks_of_both_kinds_as_many_as_asked() -> None:
    for tokenizer in ("tsd", "remi"):
        vocabulary = EventVocabulary.build(SCORES, tokenizer=tokenizer)
        pieces = [vocabulary.encode(score) for score in SCORES]
        found = task_pieces(pieces, vocabulary, share=0.5, seed=3)
        again = task_pieces(pieces, vocabulary, share=0.5, seed=3)
        assert all(np.array_equal(one, other) for one, other in zip(found, again, strict=True))
        total = sum(len(piece) for piece in pieces)
        assert 0.4 * total < sum(len(task) for task in found) < 0.8 * total
        assert all(vocabulary.grammar().is_legal(task) for task in found)
        kinds = {vocabulary.describe(int(task[2])) for task in found}
        assert kinds == {"task infill", "task accompany"}


def test_it_averages_late_weights_and_forgets_the_first() -> None:
    average = Average(0.99)
    for step in range(1, 2001):
        average.follow(step, lambda step=step: {"w": np.full(2, 100.0 if step < 50 else 1.0, np.float32)})
    np.testing.assert_allclose(average.weights["w"], 1.0, atol=1e-3)
    assert Average(0.0).follow(EVERY, dict) is None
