"""The finite-state machine, and the rules of the chord representation in it."""

import numpy as np
import pytest

from musicgen.representation import ChordVocabulary
from musicgen.representation import chord_tokens as fixed
from musicgen.representation.grammar import GrammarBuilder

VOCABULARY = ChordVocabulary([(60, 64, 67), tuple(range(40, 56))])
GRAMMAR = VOCABULARY.grammar()

HEAD = [fixed.BOS, fixed.FIRST_TEMPO, fixed.FIRST_METER]
VELOCITY = fixed.FIRST_VELOCITY
DURATION = fixed.FIRST_DURATION
SHIFT = fixed.FIRST_SHIFT
TRIAD = fixed.FIRST_CHORD
SIXTEEN = fixed.FIRST_CHORD + 1


def pitch(number):
    return fixed.FIRST_PITCH + number


FIRST = [*HEAD, VELOCITY, TRIAD, DURATION]

LEGAL = {
    "nothing": [],
    "a whole piece": [*FIRST, SHIFT, pitch(60), DURATION, fixed.EOS],
    "padding after the end": [*FIRST, fixed.EOS, fixed.PAD, fixed.PAD],
    "a rest at the beginning": [*HEAD, fixed.REST, SHIFT, SHIFT, VELOCITY, pitch(1)],
    "a rest between": [*FIRST, SHIFT, fixed.REST, SHIFT, SHIFT, pitch(60), DURATION],
    "ascending pitches": [*HEAD, VELOCITY, pitch(3), pitch(4), pitch(127), DURATION, SHIFT],
    "a duration a pitch": [*FIRST, DURATION, DURATION, fixed.EOS],
    "another velocity": [*FIRST, SHIFT, VELOCITY + 1, TRIAD],
    "more than sixteen struck at once": [*HEAD, VELOCITY, SIXTEEN, DURATION, pitch(90), DURATION, fixed.EOS],
}
ILLEGAL = {
    "no beginning": [fixed.FIRST_TEMPO],
    "no tempo": [fixed.BOS, fixed.FIRST_METER],
    "no velocity": [*HEAD, TRIAD],
    "no duration": [*HEAD, VELOCITY, TRIAD, SHIFT],
    "no pitch": [*HEAD, VELOCITY, DURATION],
    "an end in a rest": [*FIRST, SHIFT, fixed.REST, SHIFT, fixed.EOS],
    "an end before its event": [*FIRST, SHIFT, fixed.EOS],
    "two rests": [*FIRST, SHIFT, fixed.REST, SHIFT, fixed.REST],
    "a rest without time": [*FIRST, SHIFT, fixed.REST, TRIAD],
    "a pitch twice": [*HEAD, VELOCITY, pitch(60), pitch(60)],
    "descending pitches": [*HEAD, VELOCITY, pitch(60), pitch(59)],
    "a pitch and a chord": [*HEAD, VELOCITY, pitch(60), TRIAD],
    "two durations for three pitches": [*FIRST, DURATION, SHIFT],
    "four durations for three pitches": [*FIRST, DURATION, DURATION, DURATION],
    "two durations for one pitch": [*HEAD, VELOCITY, pitch(60), DURATION, DURATION],
    "more at once after a small chord": [*FIRST, pitch(90)],
    "anything after the end": [*FIRST, fixed.EOS, SHIFT],
    "two beginnings": [fixed.BOS, fixed.BOS],
}


@pytest.mark.parametrize("tokens", LEGAL.values(), ids=LEGAL)
def test_it_allows(tokens):
    assert GRAMMAR.is_legal(tokens)


@pytest.mark.parametrize("tokens", ILLEGAL.values(), ids=ILLEGAL)
def test_it_forbids(tokens):
    assert not GRAMMAR.is_legal(tokens)
    assert GRAMMAR.is_legal(tokens[:-1]), "only the last token is wrong"


def test_it_leaves_a_way_on_in_every_state():
    used = np.unique(GRAMMAR.token_class)
    assert GRAMMAR.allowed[:, used].any(axis=1).all()


def test_it_marks_what_is_allowed_by_a_next_state():
    assert np.array_equal(GRAMMAR.allowed, GRAMMAR.next_state >= 0)
    assert GRAMMAR.next_state.max() < len(GRAMMAR.allowed)
    assert len(GRAMMAR.token_class) == VOCABULARY.size


def test_it_says_from_where_on_a_sequence_is_wrong():
    states = GRAMMAR.states_along([fixed.BOS, fixed.FIRST_TEMPO, fixed.EOS, fixed.PAD])
    assert states[0] == GRAMMAR.start_state
    assert [state >= 0 for state in states] == [True, True, True, False, False]


def test_it_builds_tables_from_named_rules():
    builder = GrammarBuilder()
    builder.allow("open", "a", "half")
    builder.allow("half", "b", "open")
    grammar = builder.build("open").grammar(["b", "a", "a"])
    assert grammar.is_legal([1, 0, 2, 0])
    assert not grammar.is_legal([1, 1])
    assert grammar.allowed.shape == (2, 2)
