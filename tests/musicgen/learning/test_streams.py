from __future__ import annotations

import numpy as np
import pytest

from musicgen.learning.streams import Stream, TrainingPlan

PIECES = [
    np.arange(100 * n, 100 * n + length, dtype=np.uint16) for n, length in enumerate((9, 4, 17, 2, 6), 1)
]


def _read(stream: Stream) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    read: dict[int, list[int]] = {}
    aimed: dict[int, list[int]] = {}
    for batch in stream:
        for row, piece in enumerate(batch.pieces):
            taken = batch.mask[row] > 0
            read.setdefault(int(piece), []).extend(batch.tokens[row][taken].tolist())
            aimed.setdefault(int(piece), []).extend(batch.targets[row][taken].tolist())
    return read, aimed


def test_it_gives_every_token_of_every_piece_once_in_order() -> None:
    read, aimed = _read(Stream(PIECES, np.array([2, 0, 1, 4, 3]), rows=2, length=4, pad=0))
    for index, piece in enumerate(PIECES):
        assert read[index] == piece[:-1].tolist()
        assert aimed[index] == piece[1:].tolist()
    assert not read.get(-1)


def test_it_keeps_a_piece_in_its_row_and_marks_where_it_begins() -> None:
    stream = Stream(PIECES, np.array([2, 0, 1, 4, 3]), rows=2, length=4, pad=0)
    before = np.full(2, -2)
    for batch in stream:
        begins = batch.pieces != before
        assert (batch.starts[begins & (batch.pieces >= 0)] == 1).all()
        assert (batch.starts[~begins & (batch.pieces >= 0)] == 0).all()
        before = batch.pieces


def test_it_masks_padding() -> None:
    batch = Stream(PIECES, np.array([1]), rows=3, length=5, pad=0)[0]
    assert batch.mask.tolist() == [[1, 1, 1, 0, 0], [0] * 5, [0] * 5]
    assert batch.tokens[1:].max() == 0


def _plan(seed: int = 1, epochs: int = 3) -> TrainingPlan:
    return TrainingPlan(PIECES, epochs=epochs, rows=2, length=4, pad=0, seed=seed)


def test_it_gives_the_same_batch_for_the_same_step_in_any_order() -> None:
    forward, backward = _plan(), _plan()
    steps = range(forward.total_steps)
    batches = {step: backward.batch(step) for step in reversed(steps)}
    for step in steps:
        np.testing.assert_array_equal(forward.batch(step).tokens, batches[step].tokens)


def test_it_shuffles_pieces_anew_in_each_epoch_and_by_seed() -> None:
    def order(plan: TrainingPlan, epoch: int) -> list[int]:
        begin = int(plan.ends[epoch - 1]) if epoch else 0
        return [int(p) for step in range(begin, int(plan.ends[epoch])) for p in plan.batch(step).pieces]

    assert len({tuple(order(_plan(), epoch)) for epoch in range(3)}) > 1
    assert order(_plan(seed=1), 0) != order(_plan(seed=2), 0)


def test_it_leaves_no_long_piece_alone_at_the_end() -> None:
    pieces = [np.zeros(length, np.uint16) for length in (201, *[21] * 40)]  # 20 chunks, and 2 each
    for seed in range(20):
        plan = TrainingPlan(pieces, epochs=1, rows=4, length=10, pad=0, seed=seed)
        shared = [(plan.batch(step).pieces >= 0).sum() for step in range(plan.total_steps)]
        assert plan.total_steps <= 28  # 25 if no row were ever idle
        assert min(shared[:-4]) == 4


def test_it_counts_epochs() -> None:
    plan = _plan()
    assert plan.progress_of(0) == 0.0
    assert plan.progress_of(int(plan.ends[0])) == 1.0
    assert plan.progress_of(plan.total_steps) == 3.0
    assert [plan.epoch_of(int(end)) for end in plan.ends] == [1, 2, 3]


@pytest.mark.parametrize("rows", [1, 5, 50])
def test_it_has_no_more_rows_than_pieces(rows: int) -> None:
    plan = TrainingPlan(PIECES, epochs=1, rows=rows, length=4, pad=0, seed=0)
    assert plan.batch(0).tokens.shape == (min(rows, 5), 4)
