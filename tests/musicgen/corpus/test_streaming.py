"""Windows for training: every token once an epoch, the order a seed's, any step found again."""

from itertools import islice

import numpy as np
import pytest

from musicgen.corpus import CorpusError, Pieces
from musicgen.corpus.augmenting import Augmentation
from musicgen.corpus.reader import Cells
from musicgen.corpus.streaming import CellWindows, Windows
from musicgen.representation import Tones
from musicgen.score import Score
from tests.musicgen.corpus.pieces import piece

LENGTHS = (5, 16, 17, 100, 1, 0, 33)


def pieces():
    offsets = np.concatenate([[0], np.cumsum(LENGTHS)])
    return Pieces(np.arange(1, offsets[-1] + 1, dtype=np.uint16), offsets)


def windows(**changes):
    return Windows(**{"pieces": pieces(), "length": 16, "batch": 3, "seed": 7, **changes})


@pytest.mark.parametrize("epoch", range(3))
def test_it_shows_every_token_once_an_epoch_and_few_windows_twice(epoch):
    given = windows(batch=1)
    begin = epoch * given.steps_per_epoch
    batches = list(islice(given.batches(begin), given.steps_per_epoch))
    different = {batch.tobytes(): batch for batch in batches}
    tokens = np.concatenate([batch.ravel() for batch in different.values()])
    assert sorted(tokens[tokens > 0].tolist()) == list(range(1, sum(LENGTHS) + 1))
    assert len(batches) - len(different) <= len(LENGTHS)


def test_it_never_mixes_pieces_and_pads_at_the_end_only():
    offsets = pieces().offsets
    for batch in islice(windows().batches(), 20):
        assert batch.shape == (3, 16)
        assert batch.dtype == np.int32
        for window in batch:
            tokens = window[window > 0]
            assert len(tokens)
            assert np.array_equal(window[: len(tokens)], tokens)
            assert len(set(np.searchsorted(offsets, tokens - 1, side="right").tolist())) <= 1
            assert (np.diff(tokens) == 1).all()


@pytest.mark.parametrize("step", [0, 1, 5, 6, 7, 29])
def test_it_goes_on_at_any_step_as_if_it_had_never_stopped(step):
    whole = list(islice(windows().batches(), 40))
    rest = list(islice(windows().batches(step), 40 - step))
    assert np.array_equal(whole[step:], rest)


def test_it_shuffles_by_seed_and_epoch():
    def epoch(given, number):
        steps = given.steps_per_epoch
        return np.concatenate(list(islice(given.batches(number * steps), steps)))

    assert np.array_equal(epoch(windows(), 1), epoch(windows(), 1))
    assert not np.array_equal(epoch(windows(), 0), epoch(windows(), 1))
    assert not np.array_equal(epoch(windows(), 0), epoch(windows(seed=8), 0))


@pytest.mark.parametrize("wrong", [{"length": 0}, {"batch": 0}, {"seed": -1}])
def test_it_refuses_what_makes_no_windows(wrong):
    with pytest.raises(CorpusError, match="1 or more"):
        windows(**wrong)
    with pytest.raises(CorpusError, match="no tokens"):
        windows(pieces=Pieces(np.zeros(0, np.uint16), np.zeros(3, np.int64)))


TONE_SCORES = [piece(seed, notes) for seed, notes in enumerate((24, 5, 100, 16, 48))]


def cell_windows(per_cell=3, **changes):
    tones = Tones.build(TONE_SCORES, tones_per_cell=per_cell)
    encoded = [tones.encode(score) for score in TONE_SCORES]
    offsets = np.concatenate([[0], np.cumsum([len(each) for each in encoded])])
    cells = Cells(np.concatenate(encoded), offsets)
    return CellWindows(**{"cells": cells, "tones": tones, "length": 16, "batch": 3, "seed": 7, **changes})


@pytest.mark.parametrize("per_cell", [1, 3])
def test_it_shows_every_cell_as_it_is_once_an_epoch(per_cell):
    given = cell_windows(per_cell, batch=1)
    seen = {}
    for batch in islice(given.batches(), given.steps_per_epoch):
        count = int(batch.mask[0].sum())
        assert batch.mask[0, :count].all()
        assert (batch.cells[0, count:] == -1).all()
        seen[batch.cells[0].tobytes()] = (int(batch.pieces[0]), batch.cells[0, :count])
    assert sum(len(cells) for _, cells in seen.values()) == len(given.cells.values)
    for place, whole in enumerate(given.cells):
        parts = [cells for owner, cells in seen.values() if owner == place]
        assert sorted(map(tuple, np.concatenate(parts).tolist())) == sorted(map(tuple, whole.tolist()))


def test_it_fills_every_window_if_asked_and_leaves_short_pieces_out():
    given = cell_windows(full=True)
    batches = list(islice(given.batches(), 3 * given.steps_per_epoch))
    assert all(batch.mask.all() for batch in batches)
    short = [place for place, whole in enumerate(given.cells) if len(whole) < 16]
    owners = set(np.concatenate([batch.pieces for batch in batches]).tolist())
    assert short == [1]
    assert owners == set(range(len(TONE_SCORES))) - set(short)
    for batch in batches:
        for owner, window in zip(batch.pieces, batch.cells, strict=True):
            whole = given.cells[owner]
            assert any(np.array_equal(whole[start : start + 16], window) for start in range(len(whole)))


@pytest.mark.parametrize("step", [1, 5, 17])
def test_it_goes_on_with_changed_cells_at_any_step(step):
    given = cell_windows(augmentation=Augmentation(semitones=5, stretch=1.1, velocity=10))
    whole = list(islice(given.batches(), 25))
    for before, after in zip(whole[step:], given.batches(step), strict=False):
        assert np.array_equal(before.cells, after.cells)
        assert np.array_equal(before.mask, after.mask)
    plain = next(cell_windows().batches())
    assert not np.array_equal(whole[0].cells, plain.cells)
    assert np.array_equal(whole[0].mask, plain.mask)


def test_it_says_when_no_piece_fills_a_window():
    with pytest.raises(CorpusError, match="No piece of the split has 1,000 cells"):
        cell_windows(full=True, length=1000)
    with pytest.raises(CorpusError, match="1 or more"):
        cell_windows(batch=0)
    tones = Tones.build([Score()])
    with pytest.raises(CorpusError, match="No piece"):
        CellWindows(Cells(np.zeros((0, 4), np.float32), np.zeros(2, np.int64)), tones, 16, 3, 7)
