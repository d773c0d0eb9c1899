"""What music21 says and writes, in the process that it is kept in."""

import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest

from musicgen.notation import (
    NotationError,
    NotationLimitError,
    NotationLimits,
    estimate_key,
    estimate_keys,
    write_musicxml,
)
from musicgen.score import KeySignature, Note, Notes, Part, Score, TimeSignature

D_MAJOR = (62, 64, 66, 67, 69, 71, 73, 74, 69, 66, 62)


def melody(pitches, **kinds):
    notes = Notes.of(Note(480 * index, pitch, 480) for index, pitch in enumerate(pitches))
    return Score((Part(notes, "Geige", 40),), **kinds)


def test_it_finds_the_key():
    keys = estimate_keys(melody(D_MAJOR))
    assert (str(keys[0]), keys[0].sharps) == ("D major", 2)
    assert keys[0].correlation > 0.8
    assert len({str(key) for key in keys}) == 24
    assert all(abs(key.sharps) <= 6 for key in keys)
    assert str(estimate_key(melody(pitch + 1 for pitch in D_MAJOR))) == "Eb major"
    assert str(estimate_key(melody(pitch - 1 for pitch in D_MAJOR))) == "Db major"


def test_it_refuses_drums():
    drums = Score((Part(Notes.of([Note(0, 36, 10)]), is_drum=True),))
    with pytest.raises(NotationError, match="in no key"):
        estimate_key(drums)


def test_it_writes_a_piano_score_on_two_staves():
    notes = [Note(0, 43, 1440), Note(0, 74, 480), Note(480, 78, 480), Note(960, 81, 480, 64, -50.0)]
    score = Score(
        (Part(Notes.of(notes)),),
        time_signatures=(TimeSignature(0, 3, 4),),
        title="Menuett",
        key_signatures=(KeySignature(0, 2),),
    )
    root = ET.fromstring(write_musicxml(score))
    assert root.tag == "score-partwise"
    assert root.findtext(".//movement-title") == "Menuett"
    assert [part.findtext(".//staves") for part in root.iter("part")] == ["2"]
    assert (root.findtext(".//fifths"), root.findtext(".//beats")) == ("2", "3")
    written = [
        (
            note.findtext("staff"),
            note.findtext("pitch/step"),
            note.findtext("pitch/alter"),
            note.findtext("type"),
        )
        for note in root.iter("note")
        if note.find("pitch") is not None
    ]
    assert written == [
        ("1", "D", None, "quarter"),
        ("1", "F", "1", "quarter"),
        ("1", "A", "-0.5", "quarter"),
        ("2", "G", None, "half"),
    ]
    assert root.findtext(".//part-name") == "Acoustic Grand Piano"


def test_it_writes_triplets_and_ties():
    notes = [Note(160 * step, 60 + 2 * step, 160) for step in range(3)] + [Note(480, 72, 1920)]
    root = ET.fromstring(write_musicxml(Score((Part(Notes.of(notes), program=73),))))
    assert len(root.findall(".//time-modification")) == 3
    assert [tie.get("type") for tie in root.iter("tie")].count("start") == 1
    assert root.findtext(".//fifths") == "0"


def test_it_stops_in_time():
    with pytest.raises(NotationLimitError, match="was stopped"):
        write_musicxml(melody(D_MAJOR), limits=NotationLimits(max_seconds=0.05))
    with pytest.raises(NotationLimitError, match="has 11 notes"):
        write_musicxml(melody(D_MAJOR), limits=NotationLimits(max_notes=10))


def test_it_says_what_music21_did_not_survive():
    with pytest.raises(NotationError, match=r"music21 failed|memory"):
        estimate_key(melody(D_MAJOR), limits=NotationLimits(max_memory_bytes=50 << 20))


def test_it_keeps_music21_out_of_the_process_that_asks():
    code = "import sys, musicgen.notation; sys.exit('music21' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
