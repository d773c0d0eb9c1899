"""The command that writes a score for people."""

import json


def test_it_writes_a_score_and_tells_the_key(command, piece, tmp_path):
    code, out, err = command("notate", piece, "--out", tmp_path / "a.musicxml", "--json")
    assert (code, err) == (0, "")
    key = json.loads(out)
    assert key["mode"] in ("major", "minor")
    assert -1 <= key["correlation"] <= 1
    assert b"<score-partwise" in (tmp_path / "a.musicxml").read_bytes()[:400]
    assert list(tmp_path.glob(".*")) == []


def test_it_says_the_key_in_a_line(command, piece):
    code, out, _ = command("notate", piece)
    assert code == 0
    assert out.count("\n") == 1
    assert "major" in out or "minor" in out


def test_it_refuses_another_kind_of_file(command, piece, tmp_path):
    code, out, err = command("notate", piece, "--out", tmp_path / "a.pdf")
    assert (code, out) == (2, "")
    assert ".musicxml" in err
    assert not (tmp_path / "a.pdf").exists()
