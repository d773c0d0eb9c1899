"""Windows for training: every token once an epoch, the order a seed's, any step found again."""

from itertools import islice

import numpy as np
import pytest

from musicgen.corpus import CorpusError, Pieces
from musicgen.corpus.streaming import Windows

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
