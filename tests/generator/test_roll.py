"""Songs as piano rolls: the notes that pages draw, and their words."""

import hashlib
from dataclasses import replace

import numpy as np
from django.urls import reverse

from generator.roll import roll_notes, roll_words
from musicgen.midi import write_midi
from musicgen.score import Curve, Note, Notes, Part, Score, TempoChange, TimeSignature


def waltz():
    """Two bars of three quarters at 60 beats a minute: a piano with pedal, a violin with a quarter tone."""
    piano = Notes.of([Note(0, 60, 480, 100), Note(480, 64, 960, 50)])
    violin = Notes.of([Note(1440, 72, 480, 80, cents=50.0)])
    return Score(
        parts=(
            Part(piano, program=0, pedal=Curve([0, 960], [127, 0])),
            Part(violin, program=40),
        ),
        tempos=(TempoChange(0, 60.0),),
        time_signatures=(TimeSignature(0, 3, 4),),
    )


def test_it_gives_times_in_milliseconds_and_pitches_with_cents():
    notes = roll_notes(waltz()).to_json()
    assert notes["seconds"] == 4.0
    assert [part["name"] for part in notes["parts"]] == ["Acoustic Grand Piano", "Violin"]
    assert notes["parts"][0]["notes"] == [0, 1000, 60, 100, 1000, 2000, 64, 50]
    assert notes["parts"][1]["notes"] == [3000, 1000, 72.5, 80]
    assert notes["bars"] == [0, 3000]
    assert notes["pedal"] == [[0, 2000]]


def test_it_draws_no_bars_where_there_are_too_many():
    endless = Score(parts=(Part(Notes(np.array([0, 480 * 4 * 5000]), [60, 60], [1, 1], [64, 64])),))
    assert roll_notes(endless).bars == ()


def test_it_says_in_words_what_is_seen():
    words = " ".join(roll_words(waltz()))
    assert "3/4" in words
    assert "60 beats" in words
    assert "between C4 and C5" in words
    assert "Acoustic Grand Piano, Violin" in words
    assert "quarter tones" in words
    assert roll_words(Score()) == ["There are no notes in it."]


def test_it_names_the_meter_of_the_piece_not_of_its_pickup():
    signatures = (TimeSignature(0, 1, 4), TimeSignature(480, 3, 4))
    assert "3/4" in roll_words(replace(waltz(), time_signatures=signatures))[0]


def test_it_serves_the_notes_of_a_song_once(client, make_song):
    song = make_song()
    midi = write_midi(waltz())
    song.midi_file.write_bytes(midi)
    song.midi_sha256 = hashlib.sha256(midi).hexdigest()
    song.save()
    address = reverse("generator:song_notes", args=[song.pk])
    answer = client.get(address)
    assert answer.json()["parts"][1]["notes"] == [3000, 1000, 72.5, 80]
    assert client.get(address, headers={"if-none-match": answer["ETag"]}).status_code == 304


def test_it_has_no_notes_where_the_file_cannot_be_read(client, make_song):
    assert client.get(reverse("generator:song_notes", args=[make_song().pk])).status_code == 404
