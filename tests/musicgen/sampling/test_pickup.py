"""A piece begins with its first note, and its bars stay where they were."""

import pytest

from musicgen.sampling.pickup import begin_at_first_note
from musicgen.score import Note, Notes, Part, Score, TempoChange, TimeSignature

QUARTER = 480
NINETY = (TempoChange(0, 90.0),)


def score(first, meter=(4, 4), tempos=NINETY):
    notes = Notes.of([Note(first, 60, QUARTER), Note(first + QUARTER, 64, QUARTER)])
    return Score((Part(notes),), tempos, (TimeSignature(0, *meter),), QUARTER)


@pytest.mark.parametrize(
    ("first", "meter", "expected"),
    [
        (0, (4, 4), [(0, 4, 4)]),
        (3 * QUARTER, (4, 4), [(0, 1, 4), (QUARTER, 4, 4)]),
        (7 * QUARTER, (4, 4), [(0, 1, 4), (QUARTER, 4, 4)]),
        (4 * QUARTER, (4, 4), [(0, 4, 4)]),
        (2 * QUARTER, (3, 4), [(0, 1, 4), (QUARTER, 3, 4)]),
        (2 * QUARTER + 240, (3, 4), [(0, 1, 8), (240, 3, 4)]),
        (QUARTER, (6, 8), [(0, 2, 4), (2 * QUARTER, 6, 8)]),
    ],
)
def test_it_turns_leading_rests_into_a_short_bar(first, meter, expected):
    begun = begin_at_first_note(score(first, meter))
    assert [(m.start_ticks, m.numerator, m.denominator) for m in begun.time_signatures] == expected
    assert list(begun.parts[0].notes.start_ticks) == [0, QUARTER]


def test_it_keeps_a_pickup_that_no_bar_fits():
    odd = score(3 * QUARTER + 7)
    assert begin_at_first_note(odd) is odd


def test_it_keeps_the_tempo_that_holds_at_the_first_note():
    tempos = (TempoChange(0, 60.0), TempoChange(QUARTER, 90.0), TempoChange(5 * QUARTER, 100.0))
    begun = begin_at_first_note(score(3 * QUARTER, tempos=tempos))
    assert begun.tempos == (TempoChange(0, 90.0), TempoChange(2 * QUARTER, 100.0))


def test_it_leaves_an_empty_score_alone():
    assert begin_at_first_note(Score()) == Score()
