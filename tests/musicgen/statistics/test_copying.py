"""What a song copies: found in any key, at any tempo, and told with its place."""

from dataclasses import replace

import numpy as np
import pytest

from musicgen.score import Notes, Part, Score, TimeSignature
from musicgen.statistics import CopyIndex, copying, steps_of
from tests.musicgen.statistics.made_songs import walk

PIECES = [(f"piece {seed}", walk(seed, notes=200, widest=7)) for seed in range(30)]


@pytest.fixture(scope="module")
def index():
    bare = CopyIndex.of([(name, steps_of(score)) for name, score in PIECES])
    held_out = [steps_of(walk(seed, notes=200, widest=7)) for seed in range(100, 125)]
    return replace(bare, baseline=bare.measured_baseline(held_out))


def joined(own: Score, copied: Notes, semitones: int = 0) -> Score:
    """Notes of one's own, then others moved behind them."""
    mine = own.parts[0].notes
    begin = int(mine.end_ticks.max()) + 480
    return Score(
        (
            Part(
                Notes(
                    np.concatenate([mine.start_ticks, copied.start_ticks - copied.start_ticks[0] + begin]),
                    np.concatenate([mine.pitch, copied.pitch + semitones]),
                    np.concatenate([mine.duration_ticks, copied.duration_ticks]),
                    np.concatenate([mine.velocity, copied.velocity]),
                )
            ),
        )
    )


def excerpt(score: Score, first: int, after: int) -> Notes:
    return Notes.of(score.parts[0].notes[first:after])


def test_it_clears_a_song_of_its_own(index):
    report = index.report(walk(500, notes=200, widest=7))
    assert report.shared_percent == 0.0
    assert report.shared_piece == ""
    assert 2 <= report.passage.notes < 12
    assert not report.flagged


def test_it_finds_a_passage_in_another_key_and_tells_where(index):
    song = joined(walk(501, notes=40, widest=7), excerpt(PIECES[7][1], 90, 120), semitones=3)
    report = index.report(song)
    assert report.flagged
    passage = report.passage
    assert (passage.piece, passage.notes) == ("piece 7", 30)
    assert (passage.piece_note, passage.song_note) == (91, 41)
    starts = PIECES[7][1].parts[0].notes.start_ticks
    assert passage.piece_bar == starts[90] // 1920 + 1
    assert passage.song_bar == song.parts[0].notes.start_ticks[40] // 1920 + 1
    # 69 steps have 54 figures of 16, of which the 29 steps copied have 14.
    assert report.shared_percent == pytest.approx(100 * 14 / 54)
    assert report.shared_piece == "piece 7"
    assert "30 notes in a row are those of piece 7" in report.reasons


def test_it_counts_bars_of_the_pieces_own_meter():
    waltz = replace(PIECES[0][1], time_signatures=(TimeSignature(0, 3, 4),))
    index = CopyIndex.of([("waltz", steps_of(waltz))])
    passage = index.report(joined(walk(502, widest=7), excerpt(waltz, 100, 150))).passage
    assert passage.piece_bar == waltz.parts[0].notes.start_ticks[100] // 1440 + 1


def test_it_flags_by_length_alone_from_24_notes_on():
    index = CopyIndex.of([(name, steps_of(score)) for name, score in PIECES])
    assert index.baseline is None
    for notes, flagged in ((23, False), (24, True)):
        report = index.report(joined(walk(503, widest=7), excerpt(PIECES[3][1], 50, 50 + notes)))
        assert (report.passage.notes, report.flagged) == (notes, flagged)


def test_it_flags_what_real_pieces_do_not_share(index):
    assert index.baseline.songs == 25
    assert index.baseline.shared_percent == 0.0
    report = index.report(joined(walk(504, widest=7), excerpt(PIECES[3][1], 50, 70)))
    assert report.passage.notes == 20
    assert [reason for reason in report.reasons if "more than the 0.0 %" in reason]


def test_it_takes_the_share_of_one_piece_not_of_all(index):
    both = joined(
        joined(walk(505, notes=20, widest=7), excerpt(PIECES[1][1], 0, 40)), excerpt(PIECES[2][1], 0, 60)
    )
    report = index.report(both)
    assert report.shared_piece == "piece 2"
    assert report.shared_percent == pytest.approx(100 * 44 / 104)


@pytest.mark.parametrize("most_places", [1, 10, 1_000_000])
def test_it_counts_the_same_in_small_batches(index, most_places, monkeypatch):
    stuck = Notes(np.arange(300) * 240, [60] * 300, [240] * 300, [64] * 300)
    repeating = CopyIndex.of(
        [(name, steps_of(score)) for name, score in [*PIECES, ("stuck", Score((Part(stuck),)))]]
    )
    song = joined(Score((Part(Notes.of(stuck[:100])),)), excerpt(PIECES[5][1], 0, 60))
    whole = repeating.report(song)
    monkeypatch.setattr(copying, "_MOST_PLACES", most_places)
    assert repeating.report(song) == whole
    assert whole.shared_piece == "stuck"
    assert whole.shared_percent == pytest.approx(100 * 84 / 144)


def test_it_finds_a_whole_piece_copied(index):
    report = index.report(PIECES[9][1])
    assert (report.shared_percent, report.shared_piece) == (100.0, "piece 9")
    assert report.passage.notes == 200


def test_it_has_no_share_of_a_song_too_short_for_one(index):
    report = index.report(Score((Part(excerpt(PIECES[0][1], 0, 10)),)))
    assert report.shared_percent is None
    assert report.passage.notes == 10
    assert index.report(Score()).passage is None
    assert index.report(Score()).to_json()["flagged"] is False


def test_it_sets_no_baseline_of_too_few_pieces(index):
    assert index.measured_baseline([steps_of(walk(1))] * 19) is None


def test_it_takes_other_editions_of_a_piece_for_no_chance(index):
    held_out = [steps_of(walk(seed, notes=200, widest=7)) for seed in range(100, 125)]
    editions = [steps_of(PIECES[number][1]) for number in range(6)]
    assert index.measured_baseline([*held_out, *editions]) == index.baseline
