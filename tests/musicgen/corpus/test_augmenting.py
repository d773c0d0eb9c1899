"""Other keys, tempi and loudness: within bounds, the seed's, and written as the vocabulary writes."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from musicgen.corpus import CorpusError, Pieces
from musicgen.corpus.augmenting import Augmentation
from musicgen.corpus.streaming import Windows
from musicgen.representation import ChordVocabulary, Tones
from musicgen.score import Notes, Part, Score
from tests.musicgen.corpus.pieces import piece

SCORES = [piece(seed) for seed in range(6)]
VOCABULARY = ChordVocabulary.build(SCORES)


def encoded():
    tokens = [VOCABULARY.encode(score) for score in SCORES]
    offsets = np.concatenate([[0], np.cumsum([len(each) for each in tokens])])
    return Pieces(np.concatenate(tokens), offsets)


def drawn(augmentation, score, count=60):
    return [augmentation.of_score(score, np.random.default_rng(seed)) for seed in range(count)]


def test_it_moves_all_pitches_together_as_far_as_allowed():
    score = SCORES[0]
    shifts = set()
    for changed in drawn(Augmentation(semitones=3), score):
        moved = changed.all_notes().pitch - score.all_notes().pitch
        assert len(set(moved.tolist())) == 1
        shifts.add(int(moved[0]))
    assert shifts == {-3, -2, -1, 0, 1, 2, 3}


def test_it_stays_within_the_pitches_there_are_and_leaves_drums_alone():
    edge = Part(Notes([0, 480], [1, 126], [480, 480], [80, 80]))
    drums = Part(Notes([0], [36], [10], [100]), is_drum=True)
    found = drawn(Augmentation(semitones=12), Score((edge, drums)))
    assert {int(changed.parts[0].notes.pitch[0]) for changed in found} == {0, 1, 2}
    assert all(changed.parts[1].notes.pitch.tolist() == [36] for changed in found)


def test_it_stretches_evenly_to_both_sides():
    slow = replace(SCORES[0], tempos=())
    tempi = [changed.tempos[0].tempo_bpm for changed in drawn(Augmentation(stretch=1.25), slow, 200)]
    assert min(tempi) >= 120 / 1.25
    assert max(tempi) <= 120 * 1.25
    assert 0.4 < np.mean(np.array(tempi) > 120) < 0.6


def test_it_makes_louder_and_softer_within_what_midi_can_say():
    loud = Score((Part(Notes([0, 480], [60, 62], [480, 480], [5, 120])),))
    found = [changed.parts[0].notes.velocity.tolist() for changed in drawn(Augmentation(velocity=20), loud)]
    assert min(low for low, _ in found) == 1
    assert max(high for _, high in found) == 127
    assert len({low for low, _ in found}) > 5


def test_it_changes_nothing_unless_asked():
    assert Augmentation().of_pieces(encoded(), VOCABULARY, seed=1, epoch=0).tokens.tolist() == (
        encoded().tokens.tolist()
    )


def test_it_draws_by_seed_epoch_and_piece():
    wide = Augmentation(semitones=6, stretch=1.2, velocity=20)

    def tokens(seed, epoch):
        return wide.of_pieces(encoded(), VOCABULARY, seed=seed, epoch=epoch)

    assert np.array_equal(tokens(1, 0).tokens, tokens(1, 0).tokens)
    assert not np.array_equal(tokens(1, 0).tokens, tokens(1, 1).tokens)
    assert not np.array_equal(tokens(1, 0).tokens, tokens(2, 0).tokens)
    assert all(VOCABULARY.grammar().is_legal(each) for each in tokens(1, 0))
    assert len(tokens(1, 0)) == len(SCORES)


def test_it_streams_augmented_windows_that_can_be_found_again():
    wide = Augmentation(semitones=6)
    windows = Windows(
        encoded(),
        length=32,
        batch=4,
        seed=3,
        of_epoch=lambda epoch: wide.of_pieces(encoded(), VOCABULARY, seed=3, epoch=epoch),
    )
    plain = replace(windows, of_epoch=None)
    assert windows.steps_per_epoch == plain.steps_per_epoch
    whole = list(islice(windows.batches(), 25))
    assert np.array_equal(whole[11:], list(islice(windows.batches(11), 14)))
    assert not np.array_equal(whole, list(islice(plain.batches(), 25)))


@pytest.mark.parametrize("wrong", [{"semitones": -1}, {"stretch": 0.9}, {"velocity": -1}])
def test_it_refuses_amounts_that_mean_nothing(wrong):
    with pytest.raises(CorpusError, match="0 or more"):
        Augmentation(**wrong)


def test_it_moves_tones_by_whole_semitones_within_the_range_of_the_corpus():
    tones = Tones.build(SCORES)
    cells = tones.encode(SCORES[0])
    found = set()
    for seed in range(200):
        changed = Augmentation(semitones=40).of_cells(cells, tones, np.random.default_rng(seed))
        moved = tones.decode(changed).all_notes().pitch - tones.decode(cells).all_notes().pitch
        assert len(set(moved.tolist())) == 1
        found.add(int(moved[0]))
    pitches = [score.all_notes().pitch for score in SCORES]
    room_below = min(each.min() for each in pitches) - pitches[0].min()
    room_above = max(each.max() for each in pitches) - pitches[0].max()
    assert found == set(range(room_below, room_above + 1))
    assert Augmentation().of_cells(cells, tones, np.random.default_rng(0)) is cells
