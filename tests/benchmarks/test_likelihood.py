"""What a frame network is told of a piece is of the frames before only, and notes are counted exactly."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from benchmarks.likelihood.network import FrameNetwork
from benchmarks.likelihood.rolls import END, KEYS, piece_of, transposed


def _roll(seed: int, frames: int = 40) -> np.ndarray:
    random = np.random.default_rng(seed)
    bar = (random.random((8, KEYS)) < 0.04).astype(np.uint8)
    return np.concatenate([bar] * (frames // 8))


def test_it_sees_no_frame_that_is_still_to_come() -> None:
    roll, other = _roll(0), _roll(0)
    other[21:] = _roll(1)[21:]
    seen, changed = (piece_of(piece, 12).seen for piece in (roll, other))
    np.testing.assert_array_equal(seen[:21], changed[:21])  # row t foretells frame t + 1
    assert not np.array_equal(seen[21:], changed[21:])


def test_it_recalls_what_came_next_when_all_was_as_now() -> None:
    roll = _roll(0)
    piece = piece_of(roll, 12)
    recalled = piece.seen[:, KEYS : 2 * KEYS]
    wrong = np.abs(recalled[20:] - piece.target[20:]).mean()
    assert wrong < 0.2 * piece.target.mean()


def test_it_lists_the_keys_of_a_frame_and_then_its_end() -> None:
    piece = piece_of(_roll(2), 12)
    for pitches, frame in zip(piece.pitches, piece.target, strict=True):
        struck = pitches[pitches != END]
        assert struck.tolist() == np.flatnonzero(frame).tolist()


def test_it_moves_a_piece_only_where_no_note_is_lost() -> None:
    roll = np.zeros((4, KEYS), np.uint8)
    roll[:, 3] = 1
    assert transposed(roll, 5)[:, 8].all()
    assert transposed(roll, -3)[:, 0].all()
    np.testing.assert_array_equal(transposed(roll, -4), roll)


def test_it_gives_all_chords_together_a_probability_of_one() -> None:
    network = FrameNetwork("joint", units=8, layers=1, dropout=0.0, seed=1)
    rng = np.random.default_rng(1)
    for variable in network.trainable_variables:
        variable.assign(variable + rng.normal(0, 0.1, variable.shape))
    bias = np.asarray(network.out.bias).copy()
    bias[END] = 8.0  # so that chords of more than two notes hardly ever come
    network.out.bias.assign(bias)
    chords = [(), *combinations(range(KEYS), 1), *combinations(range(KEYS), 2)]
    pitches = np.full((len(chords), 1, 3), END, np.int32)
    for row, chord in enumerate(chords):
        pitches[row, 0, : len(chord)] = chord
    seen = np.repeat(piece_of(_roll(0), 12).seen[None, 5:6], len(chords), axis=0)
    target = np.zeros((len(chords), 1, KEYS), np.float32)
    nats, _ = network.nats(seen, target, pitches, network.start(len(chords)))
    assert np.exp(-np.asarray(nats, np.float64)).sum() == pytest.approx(1.0, abs=1e-4)
