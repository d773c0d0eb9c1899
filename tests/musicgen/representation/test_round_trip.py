"""Score → tokens → Score: exact on the grid, close beside it, and whole wherever it is cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicgen.representation import ChordVocabulary
from musicgen.representation.chord_tokens import TIME_STEPS, VELOCITIES
from musicgen.score import Note, Notes, Part, Score

TICKS_A_STEP = 20  # of the grid, in a score of 480 ticks a quarter note

ON_GRID = st.dictionaries(
    st.integers(0, 3000),
    st.tuples(
        st.sampled_from(VELOCITIES),
        st.one_of(
            st.dictionaries(st.integers(0, 127), st.sampled_from(TIME_STEPS), min_size=1, max_size=6),
            st.dictionaries(st.integers(0, 127), st.sampled_from(TIME_STEPS), min_size=1, max_size=50),
        ),
    ),
    min_size=1,
    max_size=12,
).map(
    lambda events: [
        Note(onset * TICKS_A_STEP, pitch, steps * TICKS_A_STEP, velocity)
        for onset, (velocity, struck) in events.items()
        for pitch, steps in struck.items()
    ]
)
ANYWHERE = st.lists(
    st.builds(Note, st.integers(0, 9000), st.integers(0, 127), st.integers(1, 9000), st.integers(1, 127)),
    min_size=1,
    max_size=30,
)
RESOLUTIONS = st.sampled_from([1, 24, 96, 100, 384, 480, 960, 32767])


def one_part(notes, ticks_per_quarter=480):
    return Score((Part(Notes.of(notes)),), ticks_per_quarter=ticks_per_quarter)


@settings(max_examples=200, deadline=None)
@given(ON_GRID, st.booleans())
def test_it_is_exact_on_the_grid(notes, known):
    score = one_part(notes)
    vocabulary = ChordVocabulary.build([score], min_count=1 if known else 9)
    assert vocabulary.decode(vocabulary.encode(score)).parts == score.parts


@settings(max_examples=200, deadline=None)
@given(ANYWHERE, RESOLUTIONS)
def test_it_keeps_pitches_and_onsets_within_half_a_step_off_the_grid(notes, resolution):
    score = one_part(notes, resolution)
    vocabulary = ChordVocabulary()
    decoded = vocabulary.decode(vocabulary.encode(score)).parts[0].notes
    steps = {((48 * note.start_ticks + resolution) // (2 * resolution), note.pitch) for note in notes}
    assert {(note.start_ticks // TICKS_A_STEP, note.pitch) for note in decoded} == steps


@settings(max_examples=200, deadline=None)
@given(ANYWHERE, RESOLUTIONS)
def test_it_speaks_its_own_grammar_and_means_what_it_says(notes, resolution):
    vocabulary = ChordVocabulary.build([one_part(notes)], min_count=1)
    tokens = vocabulary.encode(one_part(notes, resolution))
    assert vocabulary.grammar().is_legal(tokens)
    again = vocabulary.encode(vocabulary.decode(tokens))
    # All but the tempo: it is a mean over what lasts, and the grid may make that longer.
    assert np.array_equal(np.delete(again, 1), np.delete(tokens, 1))


@settings(max_examples=50, deadline=None)
@given(ANYWHERE)
def test_it_decodes_a_piece_cut_anywhere_to_a_part_of_the_whole(notes):
    vocabulary = ChordVocabulary.build([one_part(notes)], min_count=2)
    tokens = vocabulary.encode(one_part(notes))
    whole = {(n.start_ticks, n.pitch) for n in vocabulary.decode(tokens).parts[0].notes}
    counts = []
    for end in range(len(tokens) + 1):
        found = {(n.start_ticks, n.pitch) for n in vocabulary.decode(tokens[:end]).parts[0].notes}
        assert found <= whole
        counts.append(len(found))
    assert counts == sorted(counts)
    assert counts[-1] == counts[-2] == len(whole)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_it_decodes_whatever_its_grammar_allows(data):
    vocabulary = ChordVocabulary([(60, 64, 67), (48, 55), tuple(range(40, 56))])
    grammar = vocabulary.grammar()
    state = grammar.start_state
    tokens = []
    for _ in range(data.draw(st.integers(0, 60))):
        legal = np.flatnonzero(grammar.allowed[state][grammar.token_class])
        tokens.append(int(data.draw(st.sampled_from(legal.tolist()))))
        state = grammar.next_state[state, grammar.token_class[tokens[-1]]]
    score = vocabulary.decode(tokens)
    assert score.note_count <= vocabulary.note_count_of_token[tokens].sum()
    if score.note_count:
        assert grammar.is_legal(vocabulary.encode(score))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, ChordVocabulary().size - 1), max_size=80))
def test_it_decodes_nonsense_without_an_error(tokens):
    assert ChordVocabulary().decode(tokens).note_count <= len(tokens)


@pytest.mark.parametrize("parts", [2, 4])
def test_it_does_not_mind_how_notes_are_spread_over_parts(parts):
    notes = [Note(240 * step, 60 + 5 * voice, 240) for step in range(8) for voice in range(4)]
    spread = Score(tuple(Part(Notes.of(notes[part::parts])) for part in range(parts)))
    vocabulary = ChordVocabulary()
    assert np.array_equal(vocabulary.encode(spread), vocabulary.encode(one_part(notes)))
