"""The chord vocabulary: known answers, how it is built, and what it refuses."""

import json

import numpy as np
import pytest

from musicgen.representation import ChordVocabulary, RepresentationError, load_vocabulary
from musicgen.representation import chord_tokens as fixed
from musicgen.score import Note, Notes, Part, Score, TempoChange, TimeSignature


def score_of(*notes, tempos=(), meters=(), drums=()):
    parts = (Part(Notes.of(notes)), Part(Notes.of(drums), is_drum=True))
    return Score(parts, tempos, meters)


def words(vocabulary, score):
    return [vocabulary.describe(token) for token in vocabulary.encode(score)]


TRIAD = (Note(0, 60, 480), Note(0, 64, 480), Note(0, 67, 480))


def test_it_writes_a_known_chord_as_one_token():
    vocabulary = ChordVocabulary([(60, 64, 67)])
    assert words(vocabulary, score_of(*TRIAD)) == [
        "begin",
        "tempo 120",
        "meter 4/4",
        "velocity 64",
        "chord 60 64 67",
        "duration 24/24",
        "end",
    ]


def test_it_spells_a_chord_that_it_does_not_know():
    said = words(ChordVocabulary(), score_of(*TRIAD))
    assert said[4:7] == ["pitch 60", "pitch 64", "pitch 67"]


def test_it_keeps_a_chord_whole_when_one_voice_moves_on_sooner():
    score = score_of(Note(0, 60, 960), Note(0, 64, 480), Note(480, 65, 480))
    assert words(ChordVocabulary([(60, 64)]), score)[4:] == [
        "chord 60 64",
        "duration 48/24",
        "duration 24/24",
        "shift 24/24",
        "pitch 65",
        "duration 24/24",
        "end",
    ]


def test_it_says_a_velocity_only_when_it_changes():
    score = score_of(Note(0, 60, 480, 64), Note(480, 60, 480, 66), Note(960, 60, 480, 101))
    said = words(ChordVocabulary(), score)
    assert [word for word in said if word.startswith("velocity")] == ["velocity 64", "velocity 104"]


def test_it_takes_the_loudest_velocity_of_a_chord():
    assert "velocity 96" in words(ChordVocabulary(), score_of(Note(0, 60, 480, 20), Note(0, 64, 480, 96)))


def test_it_says_rest_where_nothing_sounds():
    said = words(ChordVocabulary(), score_of(Note(240, 60, 240), Note(960, 62, 240)))
    assert said[3:] == [
        "rest",
        "shift 12/24",
        "velocity 64",
        "pitch 60",
        "duration 12/24",
        "shift 12/24",
        "rest",
        "shift 24/24",
        "pitch 62",
        "duration 12/24",
        "end",
    ]


def test_it_takes_gaps_shorter_than_a_sixteenth_for_articulation():
    assert "rest" not in words(ChordVocabulary(), score_of(Note(0, 60, 400), Note(480, 62, 400)))


def test_it_rests_only_when_every_note_has_ended():
    assert "rest" not in words(
        ChordVocabulary(), score_of(Note(0, 40, 1920), Note(0, 60, 480), Note(960, 62, 480))
    )


def test_it_adds_shifts_up_to_any_time():
    vocabulary = ChordVocabulary()
    far = 20 * (3 * 768 + 767)
    tokens = vocabulary.encode(score_of(Note(0, 60, 480), Note(far, 60, 480)))
    assert vocabulary.ticks_of_token[tokens].sum() * 20 == far
    assert vocabulary.decode(tokens).parts[0].notes[1].start_ticks == far


def test_it_puts_tempo_and_main_meter_in_front():
    tempos = (TempoChange(0, 60.0), TempoChange(480, 240.0))  # 1 s and 1 s: 5 quarter notes in 2 s
    meters = (TimeSignature(0, 4, 4), TimeSignature(480, 6, 8))
    vocabulary = ChordVocabulary()
    tokens = vocabulary.encode(score_of(Note(0, 60, 5 * 480), tempos=tempos, meters=meters))
    assert vocabulary.tempo_of(tokens) == pytest.approx(150, rel=0.03)
    decoded = vocabulary.decode(tokens)
    assert decoded.time_signatures == (TimeSignature(0, 6, 8),)
    assert decoded.tempos[0].tempo_bpm == vocabulary.tempo_of(tokens)


def test_it_leaves_the_meter_open_where_it_has_no_token():
    vocabulary = ChordVocabulary()
    tokens = vocabulary.encode(score_of(Note(0, 60, 480), meters=(TimeSignature(0, 17, 16),)))
    assert vocabulary.decode(tokens).time_signatures == ()


@pytest.mark.parametrize("tempo_bpm", [30.0, 59.5, 60.0, 97.3, 120.0, 181.0, 240.0])
def test_it_finds_a_tempo_within_three_percent(tempo_bpm):
    vocabulary = ChordVocabulary()
    assert vocabulary.tempo_of([vocabulary.tempo_token(tempo_bpm)]) == pytest.approx(tempo_bpm, rel=0.03)


def test_it_decodes_at_another_tempo_and_with_a_title_when_asked():
    vocabulary = ChordVocabulary()
    score = vocabulary.decode(vocabulary.encode(score_of(*TRIAD)), tempo_bpm=77.0, title="Lied")
    assert (score.tempos, score.title) == ((TempoChange(0, 77.0),), "Lied")


def test_it_keeps_the_longest_of_unisons():
    decoded = ChordVocabulary().decode(ChordVocabulary().encode(score_of(Note(0, 60, 240), Note(0, 60, 960))))
    assert list(decoded.parts[0].notes) == [Note(0, 60, 960)]


def test_it_lets_a_note_that_lasts_until_the_next_still_do_so_off_the_grid():
    notes = (
        ChordVocabulary()
        .decode(ChordVocabulary().encode(score_of(Note(13, 60, 487), Note(500, 62, 470))))
        .parts[0]
        .notes
    )
    assert notes[0].end_ticks == notes[1].start_ticks


def test_it_leaves_drums_out_and_refuses_a_score_of_nothing_else():
    with_drums = score_of(*TRIAD, drums=[Note(0, 36, 480)])
    assert np.array_equal(ChordVocabulary().encode(with_drums), ChordVocabulary().encode(score_of(*TRIAD)))
    with pytest.raises(RepresentationError, match="drums"):
        ChordVocabulary().encode(score_of(drums=[Note(0, 36, 480)]))


def test_it_builds_from_the_commonest_chords():
    pieces = [
        score_of(*TRIAD),
        score_of(*TRIAD, Note(480, 50, 480), Note(480, 59, 480)),
        score_of(Note(0, 50, 480), Note(0, 59, 480), Note(480, 1, 480), Note(480, 2, 480)),
        score_of(*TRIAD),
    ]
    assert ChordVocabulary.build(iter(pieces)).chords == ((60, 64, 67), (50, 59))
    assert ChordVocabulary.build(pieces, min_count=3).chords == ((60, 64, 67),)
    assert ChordVocabulary.build(pieces, max_chords=1).chords == ((60, 64, 67),)
    assert len(ChordVocabulary.build(pieces, min_count=1).chords) == 3


def test_it_counts_notes_and_ticks_of_every_token():
    vocabulary = ChordVocabulary([(60, 64, 67)])
    tokens = vocabulary.encode(score_of(*TRIAD, Note(480, 60, 480)))
    assert vocabulary.note_count_of_token[tokens].sum() == 4
    assert vocabulary.ticks_of_token[tokens].sum() == vocabulary.grid_per_quarter
    assert len(vocabulary.ticks_of_token) == len(vocabulary.note_count_of_token) == vocabulary.size
    assert vocabulary.pad == 0


def test_it_is_rebuilt_from_json():
    vocabulary = ChordVocabulary([(60, 64, 67), (50, 59)])
    again = load_vocabulary(json.loads(json.dumps(vocabulary.to_json())))
    assert again.to_json() == vocabulary.to_json()
    assert np.array_equal(again.encode(score_of(*TRIAD)), vocabulary.encode(score_of(*TRIAD)))


@pytest.mark.parametrize(
    "change",
    [
        {"representation": "smoke"},
        {"representation": None},
        {"version": 99},
        {"chords": None},
        {"chords": ["C"]},
        {"chords": [[60]]},
        {"chords": [[64, 60]]},
        {"chords": [[60, 60]]},
        {"chords": [[60, 128]]},
        {"chords": [[60, 64.0]]},
        {"chords": [[60, "64"]]},
        {"chords": [list(range(17))]},
        {"chords": [[60, 64], [60, 64]]},
    ],
)
def test_it_refuses_a_damaged_vocabulary(change):
    with pytest.raises(RepresentationError):
        load_vocabulary({**ChordVocabulary([(60, 64)]).to_json(), **change})


@pytest.mark.parametrize("token", [-1, ChordVocabulary().size])
def test_it_refuses_tokens_that_are_not_its_own(token):
    with pytest.raises(RepresentationError, match="Token 1 is"):
        ChordVocabulary().decode([fixed.BOS, token])


def test_it_describes_every_token_differently():
    vocabulary = ChordVocabulary([(60, 64)])
    said = {vocabulary.describe(token) for token in range(vocabulary.size)}
    assert len(said) == vocabulary.size
