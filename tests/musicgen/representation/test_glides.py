"""Pitches that move while a note sounds: kept by events where asked, and what is left without."""

import numpy as np
import pytest

from musicgen.midi import read_midi, write_midi
from musicgen.representation import ChordVocabulary, EventVocabulary, Tones, load_vocabulary
from musicgen.score import Curve, Note, Notes, Part, Score

STEP = 20  # ticks of 480 to a quarter: 1/24 of it


def gliding(program=104):
    """A quarter tone slid down from, up over a whole tone and back, then a plain note; and a bass."""
    bends = Curve([0, 240, 480, 600, 720, 960], [-50.0, 0.0, 60.0, 212.0, 100.0, 0.0])
    starts = (0, 480, 960)
    notes = [Note(start, 62, 480, 64, float(bends.at([start])[0])) for start in starts]
    bass = Part(Notes.of([Note(0, 40, 1440)]), program=32)
    return Score((Part(Notes.of(notes), program=program, bends=bends), bass))


def of_program(score, program=104):
    return next(part for part in score.parts if part.program == program)


@pytest.mark.parametrize(("tokenizer", "time"), [("remi", "beats"), ("tsd", "beats"), ("tsd", "seconds")])
def test_it_keeps_a_glide_in_events_where_asked(tokenizer, time):
    score = gliding()
    vocabulary = EventVocabulary.build([score], tokenizer=tokenizer, time=time, glides=True)
    assert [token for token in vocabulary.tokens if token.startswith("Bend")] == [
        f"Bend_{cents}" for cents in (-50, 0, 50, 100, 200)
    ]
    tokens = vocabulary.encode(score)
    assert vocabulary.grammar().is_legal(tokens)
    again = load_vocabulary(vocabulary.to_json()).decode(tokens)
    part = of_program(again)
    every = np.arange(0, 1440, STEP)
    before = of_program(score).bends.at(every)
    assert np.abs(part.bends.at(every) - before).max() <= 12.5
    assert part.notes.pitch.tolist() == [62, 62, 62]
    assert np.array_equal(part.notes.cents, part.bends.at(part.notes.start_ticks))
    assert part.notes.cents.tolist() == [-50.0, 50.0, 0.0]
    assert len(of_program(again, 32).bends) == 0
    heard = of_program(read_midi(write_midi(again)))
    assert np.abs(heard.bends.at(every) - part.bends.at(every)).max() < 1
    assert np.array_equal(vocabulary.encode(again)[1:], tokens[1:])


def test_it_tells_a_glide_only_of_an_instrument_that_one_part_plays():
    score = gliding()
    twice = Score((*score.parts, Part(Notes.of([Note(0, 74, 480)]), program=104)))
    vocabulary = EventVocabulary.build([twice], glides=True)
    part = of_program(vocabulary.decode(vocabulary.encode(twice)))
    assert len(part.bends) == 0
    sounding = 100 * part.notes.pitch + part.notes.cents
    assert sounding.tolist() == [6150.0, 7400.0, 6260.0, 6200.0]


def test_it_has_no_words_for_glides_where_there_are_none():
    plain = Score((Part(Notes.of([Note(0, 60, 480)])),))
    asked = EventVocabulary.build([plain], glides=True)
    assert asked.tokens == EventVocabulary.build([plain]).tokens


@pytest.mark.parametrize("kind", ["chords", "events", "tones"])
def test_it_keeps_the_pitch_at_a_notes_beginning_without_a_glide(kind):
    score = gliding()
    build = {"chords": ChordVocabulary.build, "events": EventVocabulary.build, "tones": Tones.build}[kind]
    made = build([score])
    again = made.decode(made.encode(score))
    assert not any(len(part.bends) for part in again.parts)
    notes = again.all_notes()
    sounding = {
        (tick, pitch + cents / 100)
        for tick, pitch, cents in zip(
            (notes.start_ticks * 480 // again.ticks_per_quarter).tolist(),
            notes.pitch.tolist(),
            notes.cents.tolist(),
            strict=True,
        )
        if pitch > 50
    }
    # Chords know quarter tones, events tens of cents, tones every cent.
    second = 62.5 if kind == "chords" else 62.6
    assert sounding == {(0, 61.5), (480, second), (960, 62.0)}
