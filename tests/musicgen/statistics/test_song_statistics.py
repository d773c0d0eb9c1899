"""Every measure on pieces small enough to work out by hand."""

import math
import tracemalloc

import numpy as np
import pytest

from musicgen.score import Note, Notes, Part, Score, TempoChange, TimeSignature
from musicgen.statistics import MEASURES, SongStatistics, measure, song_statistics

QUARTER = 480
BAR = 4 * QUARTER
G_MAJOR = [67, 69, 71, 72, 74, 76, 78]


def melody(pitches, *, length=QUARTER, step=QUARTER, velocity=64):
    return Notes.of(Note(i * step, pitch, length, velocity) for i, pitch in enumerate(pitches))


def score_of(*notes, **kwargs):
    return Score(parts=tuple(Part(notes=table) for table in notes), **kwargs)


def notes_of(*rows):
    return Notes.of(Note(start, pitch, length) for start, pitch, length in rows)


def test_it_finds_a_scale_on_any_tonic():
    assert song_statistics(score_of(melody(G_MAJOR))).scale_consistency == 100.0
    chromatic = song_statistics(score_of(melody(range(60, 72))))
    assert chromatic.scale_consistency == pytest.approx(100 * 7 / 12)
    harmonic_minor = [60, 62, 63, 65, 67, 68, 71]
    assert song_statistics(score_of(melody(harmonic_minor))).scale_consistency == 100.0


def test_it_keeps_the_published_fault_of_scales_that_do_not_wrap():
    assert song_statistics(score_of(melody(G_MAJOR))).published_scale_consistency == pytest.approx(600 / 7)
    c_major = [60, 62, 64, 65, 67, 69, 71]
    assert song_statistics(score_of(melody(c_major))).published_scale_consistency == 100.0


def test_it_counts_onset_times_with_several_notes():
    notes = notes_of((0, 60, 480), (0, 64, 480), (480, 60, 480), (960, 60, 480), (1440, 60, 480))
    assert song_statistics(score_of(notes)).polyphony == 25.0


def test_it_hears_a_chord_spread_by_a_performer_as_one():
    spread = notes_of((0, 60, 480), (20, 64, 480), (40, 67, 480), (960, 60, 480))  # 21 ms apart
    assert song_statistics(score_of(spread)).polyphony == 50.0
    slower = Score((Part(spread),), tempos=(TempoChange(0, 60.0),))  # 42 ms apart
    assert song_statistics(slower).polyphony == 0.0


def test_it_keeps_the_published_fault_of_polyphony():
    chords = [row for i in range(10) for row in ((i * 480, 60, 480), (i * 480, 64, 480))]
    statistics = song_statistics(score_of(notes_of(*chords)))
    assert statistics.polyphony == 100.0
    assert statistics.published_polyphony == pytest.approx(100 * 19 / 29)
    assert song_statistics(score_of(melody([60, 62, 64]))).published_polyphony == 0.0


def test_it_counts_pairs_of_equal_trigrams_three_or_more_apart():
    # Trigrams start at 0 to 6; equal are (0,3), (0,6), (3,6), (1,4), (2,5).
    assert song_statistics(score_of(melody([60, 62, 64] * 3))).three_tone_repetitions == 5
    # Five equal trigrams, but only (0,3), (0,4) and (1,4) do not overlap.
    assert song_statistics(score_of(melody([60] * 7))).three_tone_repetitions == 3
    assert song_statistics(score_of(melody([60] * 5))).three_tone_repetitions is None
    only_first_hundred = melody([*range(20, 120), 20, 21, 22])
    assert song_statistics(score_of(only_first_hundred)).three_tone_repetitions == 0


def test_it_keeps_the_published_bounds_of_repetition():
    def published(tones):
        total = 0
        for i in range(len(tones) - 6):
            for j in range(i + 3, len(tones) - 3):
                total += tones[i : i + 3] == tones[j : j + 3]
        return total

    for tones in ([60, 62, 64] * 4, [60] * 9, [60, 61] * 10):
        statistics = song_statistics(score_of(melody(tones)))
        assert statistics.published_three_tone_repetitions == published(tones) > 0
        assert statistics.published_three_tone_repetitions < statistics.three_tone_repetitions


def test_it_reads_the_tracks_one_after_the_other_for_the_published_repetitions():
    upper, lower = melody([72, 74, 76] * 3), melody([48, 50, 52] * 3)
    interleaved = song_statistics(score_of(upper, lower))
    # Five pairs in the upper track, and in the lower one three: two need the last trigram.
    assert interleaved.published_three_tone_repetitions == 8
    in_time = [72, 48, 74, 50, 76, 52] * 3  # the lower pitch of each onset comes first
    in_time[0::2], in_time[1::2] = in_time[1::2], in_time[0::2]
    assert (
        interleaved.three_tone_repetitions
        == song_statistics(score_of(melody(in_time))).three_tone_repetitions
    )


def test_it_measures_spans():
    notes = Notes.of([Note(0, 40, 10, 20), Note(10, 52, 10, 90), Note(20, 52, 10, 50)])
    statistics = song_statistics(score_of(notes))
    assert (statistics.tone_span, statistics.unique_tones, statistics.intensity_span) == (12, 2, 70)


def test_it_measures_entropy_of_pitch_classes():
    assert song_statistics(score_of(melody([60, 72, 84]))).pitch_class_entropy == 0.0
    assert song_statistics(score_of(melody([60, 62, 64, 65]))).pitch_class_entropy == pytest.approx(2.0)
    assert song_statistics(score_of(melody(range(60, 72)))).pitch_class_entropy == pytest.approx(
        math.log2(12)
    )


def test_it_averages_entropy_over_windows_of_bars():
    # Bars of one, two and no pitch class, then one again.
    rows = [(0, 60, 480), (BAR, 60, 480), (BAR + 480, 62, 480), (3 * BAR, 64, 480)]
    statistics = song_statistics(score_of(notes_of(*rows)))
    assert statistics.pitch_class_entropy_1_bar == pytest.approx((0 + 1 + 0) / 3)
    assert statistics.pitch_class_entropy_4_bars == pytest.approx(1.5)  # one window: C twice, D, E


def test_it_slides_windows_by_one_bar():
    rows = [(bar * BAR, 60 + 2 * (bar == 4), 480) for bar in range(5)]
    expected = (0 + -(0.75 * math.log2(0.75) + 0.25 * math.log2(0.25))) / 2
    assert song_statistics(score_of(notes_of(*rows))).pitch_class_entropy_4_bars == pytest.approx(expected)


def test_it_compares_the_rhythm_of_bars():
    # Bars 0 and 2: onset on the first position; bar 1: on the first and the ninth.
    rows = [(0, 60, 480), (BAR, 60, 480), (BAR + 960, 60, 480), (2 * BAR, 60, 480)]
    statistics = song_statistics(score_of(notes_of(*rows)))
    assert statistics.grooving_similarity == pytest.approx(100 * (1 - (1 + 1 + 0) / 3 / 16))
    assert statistics.groove_consistency == pytest.approx(100 * (1 - (1 + 1) / 2 / 16))
    single_bar = song_statistics(score_of(melody([60, 62])))
    assert single_bar.grooving_similarity is None
    assert single_bar.groove_consistency is None


def test_it_agrees_with_comparing_all_bars_one_by_one():
    generator = np.random.default_rng(3)
    starts = np.sort(generator.integers(0, 12 * 16, size=60)) * 120
    statistics = song_statistics(score_of(Notes(starts, [60] * 60, [120] * 60, [64] * 60)))
    first = starts[0] // BAR
    bars = (starts[-1] + 120 - 1) // BAR + 1 - first
    patterns = np.zeros((bars, 16), dtype=bool)
    patterns[starts // BAR - first, starts % BAR // 120] = True
    pairs = [(i, j) for i in range(bars) for j in range(i + 1, bars)]
    alike = [100 * (1 - (patterns[i] ^ patterns[j]).sum() / 16) for i, j in pairs]
    adjacent = [100 * (1 - (patterns[i] ^ patterns[i + 1]).sum() / 16) for i in range(bars - 1)]
    assert statistics.grooving_similarity == pytest.approx(np.mean(alike))
    assert statistics.groove_consistency == pytest.approx(np.mean(adjacent))


def test_it_takes_an_early_onset_for_the_next_bars_first():
    rows = [(0, 60, 480), (BAR - 10, 60, 480), (2 * BAR, 60, 480)]
    assert song_statistics(score_of(notes_of(*rows))).grooving_similarity == 100.0


def test_it_follows_changes_of_meter():
    meter = (TimeSignature(0, 3, 4), TimeSignature(3 * QUARTER, 2, 4))
    rows = [(0, 60, 480), (3 * QUARTER, 60, 480), (5 * QUARTER, 60, 480)]
    statistics = song_statistics(Score((Part(notes_of(*rows)),), time_signatures=meter))
    assert statistics.grooving_similarity == 100.0
    assert song_statistics(score_of(notes_of(*rows))).grooving_similarity < 100.0


def test_it_names_chords_and_counts_new_progressions():
    triads = {"C": (60, 64, 67), "F": (65, 69, 72), "G": (67, 71, 74), "Am": (69, 72, 76)}

    def progression(*names):
        chords = [(i * 480, pitch, 480) for i, name in enumerate(names) for pitch in triads[name]]
        return song_statistics(score_of(notes_of(*chords))).chord_progression_irregularity

    assert progression("C", "F", "G") is None
    assert progression("C", "F", "G", "C") == 100.0
    assert progression("C", "F", "G", "C", "F", "G", "C", "F") == 50.0
    assert progression("C", "C", "F", "F", "G", "G", "Am") == 100.0  # C F G Am


def test_it_hears_held_notes_in_a_chord():
    # C major broken upwards over a held bass, then F, C, F: four chords.
    rows = []
    for beat, root in enumerate((48, 53, 48, 53)):
        rows += [(beat * 960 + i * 240, root + step, 960 - i * 240) for i, step in enumerate((0, 4, 7))]
    assert song_statistics(score_of(notes_of(*rows))).chord_progression_irregularity == 100.0


def test_it_counts_silent_beats_and_bars():
    rows = [(BAR, 60, 480), (3 * BAR, 60, 240)]  # beats 4 to 12, of which 4 and 12 sound
    statistics = song_statistics(score_of(notes_of(*rows)))
    assert statistics.empty_beat_rate == pytest.approx(100 * 7 / 9)
    assert statistics.empty_bars == pytest.approx(100 / 3)


def test_it_measures_how_many_pitches_sound():
    rows = [(0, 60, 4), (0, 64, 2), (6, 60, 2)]  # 2, 2, 1, 1, silent, silent, 1, 1
    statistics = song_statistics(score_of(notes_of(*rows)))
    assert statistics.average_polyphony == pytest.approx(8 / 6)
    assert statistics.polyphony_rate == pytest.approx(100 * 2 / 8)


def test_it_takes_one_pitch_in_two_parts_for_one_sound():
    unison = score_of(melody([60, 62]), melody([60, 62]))
    assert song_statistics(unison).average_polyphony == 1.0


def test_it_counts_pitch_classes_in_each_bar_also_of_held_notes():
    rows = [(0, 60, 2 * BAR), (0, 64, 480), (BAR, 67, 480), (BAR + 480, 55, 480)]
    assert song_statistics(score_of(notes_of(*rows))).pitch_classes_per_bar == 2.0


def test_it_measures_note_lengths_and_density():
    rows = [(0, 60, 60), (480, 60, 59), (960, 62, 480), (1440, 64, 480)]
    statistics = song_statistics(score_of(notes_of(*rows)))
    assert statistics.qualified_notes == 75.0
    assert statistics.duration_seconds == pytest.approx(2.0)
    assert statistics.note_density == pytest.approx(2.0)


def test_it_finds_a_song_stuck_on_one_chord():
    chords = [(i * 480, pitch, 480) for i in range(6) for pitch in (60, 64)]
    statistics = song_statistics(score_of(notes_of(*chords, (6 * 480, 60, 480), (7 * 480, 64, 480))))
    assert statistics.longest_repeat == 6
    assert statistics.commonest_share == 75.0


def test_it_leaves_drums_out_of_pitch_but_not_out_of_time():
    drums = Part(melody([36, 38] * 8), is_drum=True)
    statistics = song_statistics(Score((Part(melody([60, 64, 67, 72])), drums)))
    assert statistics.note_count == 20
    assert statistics.tone_span == 12
    assert statistics.note_density == pytest.approx(20 / 8.0)
    only_drums = song_statistics(Score((drums,)))
    assert only_drums.scale_consistency is None
    assert only_drums.groove_consistency == 100.0


def test_it_leaves_everything_but_the_count_undefined_without_notes():
    for empty in (Score(), Score((Part(), Part(is_drum=True)))):
        values = song_statistics(empty).to_json()
        assert values.pop("note_count") == 0
        assert set(values.values()) == {None}


def test_it_stays_small_for_a_piece_that_lasts_for_days():
    notes = Notes([0, 2**31 - 1000], [60, 64], [2**31 - 1, 2**31 - 1], [64, 64])
    endless = Score((Part(notes),), time_signatures=(TimeSignature(0, 1, 128),), ticks_per_quarter=24)
    tracemalloc.start()
    statistics = song_statistics(endless)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000
    assert statistics.average_polyphony == pytest.approx(1.0, abs=1e-6)
    assert statistics.empty_bars == 0.0


def test_it_has_a_row_in_the_table_for_every_measure():
    names = [row.name for row in MEASURES]
    assert names == list(song_statistics(Score()).to_json())
    assert measure("polyphony").unit == "%"
    with pytest.raises(KeyError):
        measure("nonsense")


def test_it_stays_within_the_stated_ranges_on_random_music():
    generator = np.random.default_rng(5)
    for size in (1, 2, 7, 300):
        notes = Notes(
            generator.integers(0, 20_000, size),
            generator.integers(0, 128, size),
            generator.integers(1, 4_000, size),
            generator.integers(1, 128, size),
        )
        values = song_statistics(score_of(notes)).to_json()
        for row in MEASURES:
            value = values[row.name]
            if value is not None:
                assert row.minimum <= value <= (math.inf if row.maximum is None else row.maximum + 1e-9), row


def test_it_comes_back_from_json():
    statistics = song_statistics(score_of(melody(G_MAJOR)))
    assert SongStatistics.from_json({**statistics.to_json(), "of_another_version": 1.0}) == statistics
