"""What a frame network is told of a piece is of the frames before only, and notes are counted exactly."""

from __future__ import annotations

import numpy as np

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
