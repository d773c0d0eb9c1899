"""Nearly equal pieces: found whatever key, tempo or version, and named where they leak."""

from dataclasses import replace

import numpy as np
import pytest

from musicgen.corpus.likeness import leakage_report, leaks, likeness, sketch
from musicgen.score import Notes, Part, Score
from musicgen.statistics import steps_of
from tests.musicgen.statistics.made_songs import walk


def sketch_of(score):
    return sketch(steps_of(score))


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
    found = leaks([sketch_of(piece) for piece in pieces], works, splits)
    assert [(leak.first, leak.second, leak.same_work) for leak in found] == [(0, 8, False)]
    report = leakage_report(found, [str(number) for number in range(10)], splits)
    assert (report["pairs"], report["alike"], report["same_work"]) == (1, 1, 0)
    assert report["listed"][0]["first"] == "0"
    assert report["listed"][0]["second_split"] == "test"


def test_it_names_versions_of_one_work_however_different():
    sketches = [sketch_of(walk(seed, notes=300, widest=7)) for seed in range(3)]
    found = leaks(sketches, ["sonata", "sonata", ""], ["train", "test", "test"])
    assert [(leak.first, leak.second, leak.same_work) for leak in found] == [(0, 1, True)]
    assert found[0].share < 0.1


def test_it_takes_a_set_without_pieces():
    assert leaks([], [], []) == []
    assert leaks([sketch_of(Score())] * 2, ["", ""], ["train", "test"]) == []
