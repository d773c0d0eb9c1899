"""The commands that put pieces beside other pieces: compare, index, copying, and pictures."""

import json

import pytest

from musicgen.midi import write_midi
from musicgen.score import Notes, Part, Score
from tests.musicgen.statistics.made_songs import walk


def folder_of(folder, seeds, **changes):
    folder.mkdir()
    for seed in seeds:
        (folder / f"{seed:03}.mid").write_bytes(write_midi(walk(seed, **changes)))
    return folder


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    root = tmp_path_factory.mktemp("sets")
    return folder_of(root / "a", range(12)), folder_of(root / "b", range(50, 64), widest=3)


def test_it_compares_two_sets_in_a_table(command, sets):
    code, out, err = command("compare", *sets)
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert "A (12)" in lines[0]
    assert "B (14)" in lines[0]
    entropy = next(line for line in lines if line.startswith("Pitch-class entropy "))
    assert entropy.count("±") == 3
    assert 0 <= float(entropy.split()[-2]) <= 1
    assert any(line.startswith("Notes: no overlap, the same in all songs of A and B") for line in lines)
    assert any("50 % is chance" in line for line in lines)
    assert any(line.startswith("Fréchet feature distance") for line in lines)


def test_it_compares_as_json_and_draws(command, sets, tmp_path):
    picture = tmp_path / "sets.svg"
    code, out, _ = command("compare", *sets, "--json", "--picture", picture)
    found = json.loads(out)
    assert code == 0
    assert found["songs"] == {"a": 12, "b": 14}
    assert found["two_sample"]["songs"] == 12
    assert set(found["measures"]["polyphony"]) >= {"a", "b", "chance", "overlap_a", "kld_a", "reason"}
    drawn = picture.read_bytes()
    assert drawn.startswith(b"<?xml")
    command("compare", *sets, "--json", "--picture", picture)
    assert picture.read_bytes() == drawn


def test_it_draws_the_statistics_of_pieces(command, sets, tmp_path):
    picture = tmp_path / "set.png"
    assert command("statistics", sets[0], "--picture", picture)[0] == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_it_finds_what_was_copied_from_an_index(command, tmp_path):
    pieces = folder_of(tmp_path / "pieces", range(40), notes=120, widest=7)
    code, out, _ = command("index", pieces, tmp_path / "index")
    assert code == 0
    names = json.loads((tmp_path / "index" / "index.json").read_text())["names"]
    notes = walk(int(names[4][:3]), notes=120, widest=7).parts[0].notes
    copied = Notes(notes.start_ticks, notes.pitch + 1, notes.duration_ticks, notes.velocity)
    (tmp_path / "song.mid").write_bytes(write_midi(Score((Part(copied),))))
    code, out, _ = command("copying", tmp_path / "song.mid", "--index", tmp_path / "index")
    assert code == 0
    assert f"120 notes in a row are those of {names[4]}" in out
    report = json.loads(
        command("copying", tmp_path / "song.mid", "--index", tmp_path / "index", "--json")[1]
    )["pieces"][str(tmp_path / "song.mid")]
    assert (report["shared_percent"], report["shared_piece"], report["flagged"]) == (100.0, names[4], True)
    assert report["passage"]["piece_bar"] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["compare", "{a}", "{a}", "--seed", "-1"], "seed is -1"),
        (["compare", "{a}", "{a}", "--picture", "{tmp}/a.gif"], "no picture format '.gif'"),
        (["compare", "{a}", "{tmp}/nowhere"], "no file or folder"),
        (["copying", "{a}", "--index", "{tmp}"], "is this an index"),
        (["index", "{a}", "{a}"], "is no index"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_it_answers_bad_input_in_one_line(words, said, command, sets, tmp_path):
    filled = [word.replace("{a}", str(sets[0])).replace("{tmp}", str(tmp_path)) for word in words]
    code, out, err = command(*filled)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert said in err


def test_it_counts_what_is_music_and_names_what_is_not(command, tmp_path):
    pieces = folder_of(tmp_path / "pieces", range(12))
    prepared = command("prepare", pieces, tmp_path / "corpus", "--processes", 1)
    assert prepared[0] == 0
    (pieces / "silent.mid").write_bytes(write_midi(Score()))
    (pieces / "broken.mid").write_bytes(b"MThd, not really")
    whole = (pieces / "003.mid").read_bytes()
    (pieces / "endless.mid").write_bytes(whole[:-30])
    code, out, err = command("validity", pieces, "--corpus", tmp_path / "corpus", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["songs"] == 15
    assert found["illegal_tokens"] == 0
    assert found["parsing"] == pytest.approx(100 * 14 / 15)
    assert found["with_notes"] == pytest.approx(100 * 13 / 15)
    assert found["ending"] == pytest.approx(100 * 13 / 15)
    named = {name.rpartition("/")[2]: reason for name, reason in found["faults"].items()}
    assert set(named) == {"silent.mid", "broken.mid", "endless.mid"}
    assert "no notes" in named["silent.mid"]
    code, out, err = command("validity", "--corpus", tmp_path / "corpus")
    assert (code, err) == (0, "")
    assert "12 pieces" in out
    assert out.count("100.00 %") == 3
    assert command("validity")[0] == 2
