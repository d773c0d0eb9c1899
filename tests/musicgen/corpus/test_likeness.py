"""Nearly equal pieces: found whatever key, tempo or version, and named where they leak."""

from dataclasses import replace

import numpy as np
import pytest

from musicgen.corpus.likeness import alike_pairs, leakage_report, leaks, likeness, sketch
from musicgen.score import Notes, Part, Score
from musicgen.statistics import steps_of
from tests.musicgen.statistics.made_songs import walk


def sketch_of(score):
    return sketch(steps_of(score))


def found_leaks(sketches, works, splits):
    return leaks(alike_pairs(sketches), sketches, works, splits)


def version(score, changed, semitones=0):
    """The piece in another key, with every so many-th note changed."""
    notes = score.parts[0].notes
    pitches = notes.pitch + semitones
    pitches[::changed] += 1
    return replace(
        score, parts=(Part(Notes(notes.start_ticks, pitches, notes.duration_ticks, notes.velocity)),)
    )


def test_it_finds_a_piece_alike_in_another_key():
    piece = walk(1, notes=300, widest=7)
    assert likeness(sketch_of(piece), sketch_of(version(piece, 10_000, semitones=4))) > 0.9
    assert likeness(sketch_of(piece), sketch_of(piece)) == 1.0


def test_it_estimates_the_share_of_figures_in_common():
    piece = walk(2, notes=3000, widest=7)
    estimates = [
        likeness(sketch_of(piece), sketch_of(version(piece, 40, semitones=seed))) for seed in range(1)
    ]
    # Of 40 figures of nine notes nine hold the changed note: 31 / (31 + 2 · 9) are common.
    assert np.mean(estimates) == pytest.approx(31 / 49, abs=0.2)


def test_it_finds_nothing_in_common_between_different_pieces():
    sketches = [sketch_of(walk(seed, notes=300, widest=7)) for seed in range(10)]
    assert max(likeness(a, b) for i, a in enumerate(sketches) for b in sketches[:i]) < 0.1
    assert likeness(sketch_of(Score()), sketch_of(Score())) == 0.0


def test_it_names_pairs_across_splits_and_no_others():
    pieces = [walk(seed, notes=300, widest=7) for seed in range(8)]
    pieces += [version(pieces[0], 10_000, 2), version(pieces[1], 10_000, 3)]
    splits = ["train"] * 8 + ["test", "train"]
    works = [""] * 8 + ["", ""]
    found = found_leaks([sketch_of(piece) for piece in pieces], works, splits)
    assert [(leak.first, leak.second, leak.same_work) for leak in found] == [(0, 8, False)]
    report = leakage_report(found, [str(number) for number in range(10)], splits)
    assert (report["pairs"], report["alike"], report["same_work"]) == (1, 1, 0)
    assert report["listed"][0]["first"] == "0"
    assert report["listed"][0]["second_split"] == "test"


def test_it_names_versions_of_one_work_however_different():
    sketches = [sketch_of(walk(seed, notes=300, widest=7)) for seed in range(3)]
    found = found_leaks(sketches, ["sonata", "sonata", ""], ["train", "test", "test"])
    assert [(leak.first, leak.second, leak.same_work) for leak in found] == [(0, 1, True)]
    assert found[0].share < 0.1


def test_it_takes_a_set_without_pieces():
    assert found_leaks([], [], []) == []
    assert found_leaks([sketch_of(Score())] * 2, ["", ""], ["train", "test"]) == []


def test_it_finds_pairs_as_comparing_all_with_all_does():
    pieces = [walk(seed, notes=120, widest=7) for seed in range(20)]
    pieces += [version(pieces[seed], 4 + seed, seed - 9) for seed in range(20)]
    sketches = [sketch_of(each) for each in pieces]
    every = [(a, b, likeness(sketches[a], sketches[b])) for b in range(40) for a in range(b)]
    assert alike_pairs(sketches) == sorted(pair for pair in every if pair[2] >= 0.25)
    assert 4 < len(alike_pairs(sketches)) < 21


def test_it_links_all_of_many_copies_without_listing_every_pair():
    copies = [sketch_of(version(walk(1, notes=300, widest=7), 40 + seed)) for seed in range(200)]
    others = [sketch_of(walk(seed, notes=300, widest=7)) for seed in range(2, 30)]
    pairs = alike_pairs([*others, *copies])
    assert len(pairs) < 200 * 20
    reached = {len(others)}
    for first, second, _ in pairs:
        assert first >= len(others)
        if first in reached:
            reached.add(second)
    assert len(reached) == 200
