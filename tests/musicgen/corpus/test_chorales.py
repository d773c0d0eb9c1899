"""The demo dataset: real chorales, made once, and their way through every step."""

import json

import numpy as np
import pytest

from musicgen.corpus import chorales
from musicgen.corpus.chorales import write_chorales
from musicgen.midi import read_midi, write_midi
from musicgen.representation import ChordVocabulary
from musicgen.score import TimeSignature

NAMES = ("bwv1.6", "bwv10.7", "bwv227.7", "bwv253", "bwv269", "bwv66.6")  # bwv1.6 has instruments, too


@pytest.fixture(scope="module")
def few():
    wanted = [path for path in chorales._scores_of_corpus() if path.stem in NAMES]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chorales, "_scores_of_corpus", lambda: iter(wanted))
        yield len(wanted)


@pytest.fixture(scope="module")
def files(few, tmp_path_factory):
    return write_chorales(tmp_path_factory.mktemp("chorales"))


@pytest.fixture(scope="module")
def scores(files):
    return {path.stem: read_midi(path) for path in files}


def test_it_writes_the_pieces_of_four_parts(scores):
    assert sorted(scores) == sorted(set(NAMES) - {"bwv1.6"})
    assert all(len(score.parts) == 4 and score.note_count > 100 for score in scores.values())


def test_it_writes_the_notes_that_bach_wrote(scores):
    score = scores["bwv66.6"]
    sung = [part.name for part in score.parts]
    assert sung == ["Soprano", "Alto", "Tenor", "Bass"]
    soprano = score.parts[0].notes
    # C# B | A B C# E | C# B A C#, in eighths and quarters, after three quarters of silence.
    assert soprano.pitch[:10].tolist() == [73, 71, 69, 71, 73, 76, 73, 71, 69, 73]
    assert soprano.start_ticks[:4].tolist() == [1440, 1680, 1920, 2400]
    assert score.time_signatures == (TimeSignature(0, 4, 4),)
    assert score.title == "BWV 66.6"


def test_it_finds_what_it_wrote_before(few, files):
    before = {path: path.stat().st_mtime_ns for path in files}
    told = []
    assert write_chorales(files[0].parent, lambda *step: told.append(step)) == files
    assert told == []
    assert {path: path.stat().st_mtime_ns for path in files} == before


def test_it_makes_again_only_what_is_missing(few, files):
    lost, kept = files[0], files[1]
    content, written = lost.read_bytes(), kept.stat().st_mtime_ns
    lost.unlink()
    told = []
    assert write_chorales(lost.parent, lambda *step: told.append(step)) == files
    assert lost.read_bytes() == content
    assert kept.stat().st_mtime_ns == written
    assert told[-1] == (few, few)


def test_it_says_where_they_come_from(files):
    index = json.loads((files[0].parent / chorales.INDEX).read_text())
    assert index["licence"] == "Public domain"
    assert "music21" in index["source"]
    assert index["files"] == [path.name for path in files]


def test_it_goes_through_midi_unchanged(scores):
    assert all(read_midi(write_midi(score)) == score for score in scores.values())


def test_it_goes_through_tokens_with_every_onset_pitch_and_length(scores):
    vocabulary = ChordVocabulary.build(scores.values())
    for score in scores.values():
        tokens = vocabulary.encode(score)
        assert vocabulary.grammar().is_legal(tokens)
        lengths = {}
        for note in score.all_notes():
            key = (note.start_ticks, note.pitch)
            lengths[key] = max(lengths.get(key, 0), note.duration_ticks)
        decoded = vocabulary.decode(tokens)
        assert {(n.start_ticks, n.pitch): n.duration_ticks for n in decoded.parts[0].notes} == lengths
        assert decoded.time_signatures == score.time_signatures
        assert decoded.tempos[0].tempo_bpm == pytest.approx(score.tempos[0].tempo_bpm, rel=0.03)
        assert np.array_equal(vocabulary.encode(decoded), tokens)
