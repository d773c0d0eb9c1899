"""What was given is read at once; that must be the same as reading it token by token."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from musicgen.networks import build_network
from musicgen.sampling.choice import Choice
from musicgen.sampling.engine import Engine, Limits, Steering
from musicgen.sampling.steering import NEVER
from tests.musicgen.learning.tiny_corpus import tiny_score
from tests.musicgen.sampling.untrained import SHAPES, VOCABULARY

NOTHING = Steering(*(np.zeros(VOCABULARY.size, dtype) for dtype in (np.int32, np.float32, np.float32)))


@pytest.mark.parametrize("name", ["lstm", "transformer"])
def test_it_reads_what_is_given_at_once_as_one_by_one(name: str) -> None:
    network = build_network(name, {"vocabulary_size": VOCABULARY.size, **SHAPES[name]}, seed=1)
    engine = Engine(network, VOCABULARY, batch=2)
    given = VOCABULARY.encode(tiny_score(1, notes=44))[:-1].astype(np.int32)
    assert len(given) % 64 not in (0, 1)  # the last chunk is padded
    at_once = engine.begun(given, 0, np.array([True, True]))
    one_by_one = engine.start()
    forced = np.repeat(given[1:, None], 2, axis=1)
    limits = Limits(np.full(2, NEVER, np.int32), np.full(2, NEVER, np.int32))
    for begin in range(0, len(forced), 128):
        part = forced[begin : begin + 128]
        numbers = np.zeros(part.shape, np.float32)
        one_by_one, _ = engine.advance(one_by_one, numbers, limits, Choice(), NOTHING, forced=part)
    for ours, theirs in zip(keras.tree.flatten(at_once), keras.tree.flatten(one_by_one), strict=True):
        np.testing.assert_allclose(np.asarray(ours, np.float32), np.asarray(theirs, np.float32), atol=1e-5)
