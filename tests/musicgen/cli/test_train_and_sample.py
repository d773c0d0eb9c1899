"""A real training stopped by SIGTERM, gone on with, and composed from, all as programs."""

import json
import signal
import subprocess
import sys

import pytest

from musicgen.midi import read_midi
from tests.musicgen.cli.test_program import wait_for

PROGRAM = [sys.executable, "-m", "musicgen"]
SMALL = {"units": 16, "embedding_dim": 8, "batch_size": 4, "sequence_length": 16, "max_epochs": 500}
SMALL["samples"] = 2


def test_it_saves_when_it_is_terminated_and_composes_from_what_it_has(pieces, command, tmp_path):
    corpus, run, settings = tmp_path / "corpus", tmp_path / "run", tmp_path / "settings.json"
    assert command("prepare", pieces, corpus)[0] == 0
    settings.write_text(json.dumps({**SMALL, "units": 24}))
    words = [
        "--corpus",
        str(corpus),
        "--out",
        str(run),
        "--settings",
        str(settings),
        "--units",
        "16",
        "--json",
    ]
    training = subprocess.Popen(
        [*PROGRAM, "train", "--network", "lstm", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(lambda: list(run.glob("checkpoints/step-*")), seconds=100)
    training.send_signal(signal.SIGTERM)
    out, err = training.communicate(timeout=60)
    assert training.returncode == 0, err
    outcome = json.loads(out)
    assert outcome["state"] == "stopped"
    assert outcome["best_checkpoint"]
    # Our own remarks, and not what TensorFlow says of itself at every start.
    assert "Stopping: saving first" in err
    assert not [word for word in ("oneDNN", "absl::", "CUDA", "cpu_feature_guard") if word in err], err
    described = json.loads((run / "run.json").read_text())
    assert (described["state"], described["step"]) == ("stopped", outcome["step"])
    assert described["settings"]["units"] == 16  # the option wins over the file

    files = [tmp_path / "a.mid", tmp_path / "b.mid"]
    for file in files:
        words = ("--checkpoint", run, "--seed", 7, "--length-seconds", 6, "--out", file, "--json")
        code, out, err = command("sample", *words)
        assert code == 0, err
        assert json.loads(out)["notes"] == read_midi(file).note_count > 0
    assert files[0].read_bytes() == files[1].read_bytes()

    several = ("--checkpoint", run, "--seed", 6, "--length-seconds", 6, "--takes", 2, "--out", files[0])
    assert command("sample", *several)[0] == 0
    assert (tmp_path / "a-2.mid").read_bytes() == files[1].read_bytes()  # seed 7, alone and second of two
    onward = ("--checkpoint", run, "--seed", 7, "--length-seconds", 6, "--out", tmp_path / "c.mid")
    code, out, err = command("sample", *onward, "--continue", pieces, "--from-seconds", 2, "--json")
    assert code == 2, out  # a folder is no piece
    piece = sorted(pieces.glob("*.mid"))[0]
    code, out, err = command("sample", *onward, "--continue", piece, "--from-seconds", 2, "--json")
    assert code == 0, err
    assert json.loads(out)["seconds"] > 2.0  # how far, a network of a few steps may fill with rests
    code, _, err = command("sample", *onward, "--infill", piece, "--from-seconds", 2, "--to-seconds", 4)
    assert (code, err.startswith("This network cannot infill: ")) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--hosts", "10.0.0.1:9876"], "Give --hosts and --host together"),
        (["--hosts", "10.0.0.1:9876", "--host", "3/2"], "--host is 3/2"),
        (["--hosts", "10.0.0.1", "--host", "1/2"], "--hosts is 10.0.0.1;"),
        (["--hosts", "10.0.0.1:9876", "--host", "1/2", "--network", "crnn_gan"], "learns on one machine"),
    ],
)
def test_it_says_how_several_hosts_are_named(words, said, command, tmp_path):
    code, _, err = command("train", "--corpus", tmp_path, "--out", tmp_path / "run", *words)
    assert code == 2
    assert said in err
