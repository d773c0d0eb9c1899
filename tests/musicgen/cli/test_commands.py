"""What each command makes of good and of bad input."""

import json
import zipfile

import pytest
import soundfile

from musicgen.corpus import open_corpus
from musicgen.midi import read_midi, write_midi
from musicgen.score import Note, Notes, Part, Score


def test_it_inspects_a_file(command, piece):
    code, out, err = command("inspect", piece)
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "A piece"
    assert "0:02 long, 8 notes" in out
    assert "part Voice: program 6, 8 notes" in out
    assert "tempo: 100 bpm" in out


def test_it_inspects_a_damaged_file_and_says_what_was_put_right(command, tmp_path):
    damaged = tmp_path / "damaged.mid"
    track = b"\x00\x90\x3c\x40\x60\x80\x3c\x00"
    damaged.write_bytes(b"MThd\0\0\0\6\0\0\0\1\1\xe0MTrk\0\0\0\xff" + track)
    code, out, _ = command("inspect", damaged)
    assert code == 0
    assert "put right: Track 1 at byte 14 claims 255 bytes" in out
    repairs = json.loads(command("inspect", damaged, "--json")[1])["repairs"]
    assert [repair["kind"] for repair in repairs] == ["track_length", "end_of_track"]


def test_it_inspects_as_json(command, piece):
    description = json.loads(command("inspect", piece, "--json")[1])
    assert (description["notes"], description["title"]) == (8, "A piece")
    assert description["seconds"] == pytest.approx(2.4)
    assert description["parts"][0]["program"] == 6
    assert description["tempos"] == [{"start_ticks": 0, "tempo_bpm": 100.0}]


def test_it_shows_control_characters_and_does_not_obey_them(command, tmp_path):
    path = tmp_path / "hostile.mid"
    note = Notes.of([Note(0, 60, 480)])
    path.write_bytes(write_midi(Score((Part(note, name="\x1b[2Jgone"), Part(note, name="fine")))))
    out = command("inspect", path)[1]
    assert "\x1b" not in out
    assert "[2Jgone" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["inspect", "{tmp}/bad.mid"], "not a MIDI file"),
        (["inspect", "{tmp}/missing.mid"], "missing.mid: No such file or directory."),
        (["inspect", "{tmp}"], "Is a directory"),
        (["statistics", "{tmp}/missing"], "missing"),
        (["prepare", "{tmp}/empty", "{tmp}/corpus"], "no MIDI file"),
        (["prepare", "{tmp}/piece.mid", "{tmp}/corpus", "--transpositions", "1", "3"], "0 among them"),
        (["prepare", "{tmp}", "{tmp}/corpus", "--shard", "3/2"], "no share like 1/4"),
        (["prepare", "{tmp}", "{tmp}/corpus", "--processes", "0"], "0 processes do no work"),
        (["prepare", "{tmp}", "{tmp}/corpus", "--tones-per-cell", "3"], "--representation tones"),
        (["prepare", "{tmp}", "{tmp}/corpus", "--style", "bach"], "--representation events"),
        (["quality", "{tmp}/empty"], "No such file"),
        (["statistics", "{tmp}/piece.mid", "--beside", "{tmp}/empty"], "No such file"),
        (["train", "--corpus", "{tmp}/empty", "--out", "{tmp}/run"], "folder of a corpus"),
        (["train", "--corpus", "{tmp}", "--out", "{tmp}/run", "--units", "0"], "units is 0"),
        (
            ["train", "--corpus", "{tmp}", "--out", "{tmp}/run", "--settings", "{tmp}/bad.mid"],
            "holds no JSON",
        ),
        (
            ["train", "--corpus", "{tmp}", "--out", "{tmp}/run", "--settings", "{tmp}/list.json"],
            "JSON object",
        ),
        (["train", "--corpus", "{tmp}", "--out", "{tmp}/run", "--settings", "{tmp}/odd.json"], "'wings'"),
        (["sample", "--checkpoint", "nobody", "--seed", "1", "--out", "{tmp}/a.mid"], "'nobody'"),
        (["sample", "--checkpoint", "x", "--seed", "-1", "--out", "{tmp}/a.mid"], "seed is -1"),
        (["sample", "--checkpoint", "x", "--seed", "1", "--out", "{tmp}/no/a.mid"], "make it first"),
        (["render", "{tmp}/piece.mid", "--out", "{tmp}/a.ogg"], "no audio format '.ogg'"),
        (["render", "{tmp}/piece.mid", "--out", "{tmp}"], "is a folder"),
        (["render", "{tmp}/bad.mid", "--out", "{tmp}/a.flac"], "not a MIDI file"),
        (["render", "{tmp}/silent.mid", "--out", "{tmp}/a.flac"], "no notes"),
    ],
    ids=lambda value: " ".join(value).replace("{tmp}/", "") if isinstance(value, list) else None,
)
def test_it_answers_bad_input_in_one_line(words, said, command, piece, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.mid").write_bytes(b"hello")
    (tmp_path / "silent.mid").write_bytes(write_midi(Score()))
    (tmp_path / "list.json").write_text("[1]")
    (tmp_path / "odd.json").write_text('{"wings": 2}')
    before = sorted(path.name for path in tmp_path.iterdir())
    code, out, err = command(*(word.replace("{tmp}", str(tmp_path)) for word in words))
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert said in err
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_it_measures_one_piece_beside_chance(command, piece):
    code, out, _ = command("statistics", piece)
    lines = out.splitlines()
    assert code == 0
    assert lines[0].split() == ["this", "piece", "by", "chance", "unit"]
    tone_span = next(line for line in lines if line.startswith("Tone span"))
    pitches = read_midi(piece).parts[0].notes.pitch
    assert tone_span.split()[2] == str(pitches.max() - pitches.min())
    assert any("not defined" in line for line in lines)


def test_it_measures_a_set_and_names_what_it_cannot_read(command, pieces, tmp_path):
    archive = tmp_path / "pieces.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for path in sorted(pieces.iterdir())[:3]:
            zipped.write(path, path.name)
        zipped.writestr("broken.mid", b"not music")
    code, out, err = command("statistics", archive, "--json")
    report = json.loads(out)
    assert code == 0
    assert len(report["songs"]) == 3
    assert list(report["refused"]) == [f"{archive}/broken.mid"]
    assert err.count("\n") == 1
    assert "broken.mid" in err
    assert report["set"]["note_count"] == {"count": 3, "mean": 48.0, "sd": 0.0}
    assert report["chance"]["note_count"]["count"] == 20
    assert json.loads(command("statistics", archive, "--json")[1]) == report


def test_it_fails_if_no_piece_can_be_read(command, tmp_path):
    (tmp_path / "bad.mid").write_bytes(b"hello")
    code, out, err = command("statistics", tmp_path / "bad.mid")
    assert (code, out) == (2, "")
    assert "nothing to measure" in err


def test_it_prepares_a_corpus(command, pieces, tmp_path):
    out_folder = tmp_path / "corpus"
    code, out, _ = command("prepare", pieces, out_folder, "--transpositions", "-1", "1")
    assert code == 0
    assert out.startswith("30 pieces taken, 0 duplicates, 0 refused")
    manifest = json.loads((out_folder / "manifest.json").read_text())
    assert manifest["settings"]["transpositions"] == [-1, 0, 1]
    assert manifest["representation"] == "chords"


def test_it_prepares_a_corpus_of_tones(command, pieces, tmp_path):
    out_folder = tmp_path / "corpus"
    code, out, _ = command(
        "prepare", pieces, out_folder, "--representation", "tones", "--tones-per-cell", "3"
    )
    assert code == 0
    assert "cells" in out
    assert open_corpus(out_folder).tones.tones_per_cell == 3


def test_it_prepares_by_shards_and_tells_of_quality(command, pieces, tmp_path):
    out_folder = tmp_path / "corpus"
    for shard, more in (("1/2", "other shares are not examined"), ("2/2", "encoded"), ("1/2", "encoded")):
        code, out, _ = command("prepare", pieces, out_folder, "--shard", shard, "--processes", "1")
        assert code == 0
        assert "files examined, 0 refused" in out
        assert more in out
    assert len(list((tmp_path / "corpus.work").glob("encoded-*.rows"))) == 2
    code, out, _ = command("prepare", pieces, out_folder, "--processes", "2")
    assert code == 0
    assert "30 of 30 pieces: all notes are equally loud" in out
    assert not (tmp_path / "corpus.work").exists()
    code, out, _ = command("quality", out_folder, "--picture", tmp_path / "q.svg")
    assert code == 0
    assert out.startswith("plain: 30 files, 30 pieces taken, 1,440 notes")
    assert "meters: 4/4 30" in out
    assert (tmp_path / "q.svg").read_bytes().startswith(b"<?xml")
    assert json.loads(command("quality", out_folder, "--json")[1])["taken"] == 30
    code, out, _ = command("statistics", pieces / "00.mid", "--beside", out_folder)
    assert code == 0
    assert "in the corpus" in out.splitlines()[0]
    assert "48 ± 0.0" in next(line for line in out.splitlines() if line.startswith("Notes"))


def test_it_reports_on_every_file_as_json(command, pieces, tmp_path):
    report = json.loads(command("prepare", pieces, tmp_path / "corpus", "--json")[1])
    assert [file["verdict"] for file in report["files"]] == ["taken"] * 30


@pytest.mark.parametrize("ending", ["flac", "opus", "mp3", "wav"])
def test_it_renders_by_the_ending_of_the_name(ending, command, piece, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = command("render", "piece.mid", "--out", f"heard.{ending}")
    assert (code, err) == (0, "")
    assert out.startswith(f"heard.{ending}: 0:0")
    info = soundfile.info(f"heard.{ending}")
    assert 2.4 < info.duration < 6.0
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"heard.{ending}", "piece.mid"]


def test_it_tells_of_the_sound_as_json(command, piece, tmp_path):
    made = json.loads(command("render", piece, "--out", tmp_path / "a.FLAC", "--json")[1])
    assert made["path"] == str(tmp_path / "a.FLAC")
    assert made["loudness_lufs"] == pytest.approx(-23.0, abs=0.1)
    assert len(made["peaks"]) == 800


def test_it_lists_what_is_shipped(command):
    code, out, _ = command("checkpoints")
    assert code == 0
    assert out.split()[:2] == ["name", "network"]
    listed = json.loads(command("checkpoints", "--json")[1])
    assert len(listed) == len(out.splitlines()) - 1
    for row in listed:
        assert row["card"]
        assert row["parameters"] > 0
