"""How long notes sound under the sustain pedal."""

from musicgen.midi import sustained
from musicgen.score import Curve, Note, Notes, Part, Score


def lengths(notes, pedal, **kinds):
    score = sustained(Score((Part(Notes.of(notes), pedal=pedal, **kinds),)))
    assert len(score.parts[0].pedal) == 0
    return score.parts[0].notes.duration_ticks.tolist()


def test_it_holds_a_note_until_the_pedal_is_lifted():
    assert lengths([Note(0, 60, 100), Note(500, 62, 100)], Curve([50, 300], [127, 0])) == [300, 100]


def test_it_leaves_notes_that_end_before_the_pedal_or_with_it():
    assert lengths([Note(0, 60, 100)], Curve([100, 300], [127, 0])) == [100]
    assert lengths([Note(0, 60, 100)], Curve([50, 100], [127, 0])) == [100]


def test_it_ends_a_held_note_where_its_pitch_is_struck_again():
    held = Curve([0, 900], [127, 0])
    assert lengths([Note(0, 60, 100), Note(0, 64, 100), Note(400, 60, 100)], held) == [400, 900, 500]


def test_it_holds_under_a_pedal_never_lifted_to_the_end_of_the_score():
    assert lengths([Note(0, 60, 100), Note(500, 62, 100)], Curve([50], [127])) == [600, 100]


def test_it_counts_a_pedal_as_down_from_half_way():
    assert lengths([Note(0, 60, 100)], Curve([50, 300], [63, 0])) == [100]
    assert lengths([Note(0, 60, 100)], Curve([50, 200, 300], [64, 90, 0])) == [300]


def test_it_leaves_drums_alone():
    assert lengths([Note(0, 36, 100)], Curve([50, 300], [127, 0]), is_drum=True) == [100]
