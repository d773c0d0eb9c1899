"""Small pieces to be made into sound."""

from musicgen.midi import write_midi
from musicgen.score import Note, Notes, Part, Score, TempoChange

HARPSICHORD = 6  # in the general soundfont, which loads in a fifth of the piano's time


def scale(*, program=HARPSICHORD, bars=1, velocity=80, bpm=120.0):
    notes = Notes.of(Note(i * 480, 60 + 2 * (i % 4), 480, velocity) for i in range(4 * bars))
    return Score((Part(notes, program=program),), tempos=(TempoChange(0, bpm),))


def midi_of(score):
    return write_midi(score)
