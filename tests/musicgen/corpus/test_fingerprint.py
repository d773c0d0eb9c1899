"""The key of near-duplicates: blind to how music is written down, not to what it is."""

from dataclasses import replace

import pytest

from musicgen.corpus.fingerprint import fingerprint
from musicgen.score import Note, Notes, Part, Score, TempoChange, TimeSignature
from tests.musicgen.corpus.pieces import piece

PIECE = piece(1)
NOTES = list(PIECE.all_notes())


def of(notes, **changes):
    return replace(Score((Part(Notes.of(notes)),)), **changes)


SAME = {
    "one part": of(NOTES),
    "another key": of([replace(note, pitch=note.pitch - 7) for note in NOTES]),
    "another tempo and meter": of(
        NOTES, tempos=(TempoChange(0, 33),), time_signatures=(TimeSignature(0, 3, 4),)
    ),
    "another resolution": of(
        [replace(n, start_ticks=n.start_ticks // 5, duration_ticks=n.duration_ticks // 5) for n in NOTES],
        ticks_per_quarter=96,
    ),
    "silence first": of([replace(note, start_ticks=note.start_ticks + 1111) for note in NOTES]),
    "other velocities": of([replace(note, velocity=3) for note in NOTES]),
    "staccato": of([replace(note, duration_ticks=30) for note in NOTES]),
    "doubled in unison": of(NOTES + NOTES[:5]),
    "with drums": Score((*PIECE.parts, Part(Notes.of([Note(0, 36, 10)]), is_drum=True))),
    "a quarter tone higher": of([replace(note, cents=50.0) for note in NOTES]),
    "out of tune by a little": of([replace(NOTES[0], cents=12.0), *NOTES[1:]]),
    "titled": replace(PIECE, title="Menuet"),
}
OTHER = {
    "one pitch": of([replace(NOTES[0], pitch=NOTES[0].pitch + 1), *NOTES[1:]]),
    "one quarter tone": of([replace(NOTES[0], cents=50.0), *NOTES[1:]]),
    "one onset": of([*NOTES[:-1], replace(NOTES[-1], start_ticks=NOTES[-1].start_ticks + 240)]),
    "a note less": of(NOTES[:-1]),
    "twice as slow": of([replace(note, start_ticks=note.start_ticks * 2) for note in NOTES]),
}


@pytest.mark.parametrize("score", SAME.values(), ids=SAME)
def test_it_is_the_same_for(score):
    assert fingerprint(score) == fingerprint(PIECE)


@pytest.mark.parametrize("score", OTHER.values(), ids=OTHER)
def test_it_differs_by(score):
    assert fingerprint(score) != fingerprint(PIECE)


def test_it_tells_drum_pieces_apart_where_there_is_nothing_else():
    drums = [
        Score((Part(Notes.of([Note(0, 36, 9), Note(onset, 38, 9)]), is_drum=True),)) for onset in (240, 480)
    ]
    assert fingerprint(drums[0]) != fingerprint(drums[1])
    assert len(fingerprint(Score())) == 64
