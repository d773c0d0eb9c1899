"""How the program starts, refuses and ends, whatever the command."""

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from musicgen.cli import inspect as inspect_command
from musicgen.cli.program import COMMANDS

PROGRAM = [sys.executable, "-m", "musicgen"]


def test_it_lists_every_command_and_loads_nothing_for_it():
    script = (
        "import sys; from musicgen.cli.program import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print(sorted({'numpy', 'keras', 'symusic', 'tqdm'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    for name, summary in COMMANDS.items():
        assert name in done.stdout
        assert summary in " ".join(done.stdout.split())  # long ones are broken into lines


@pytest.mark.parametrize("name", COMMANDS)
def test_it_explains_each_command_without_loading_keras(name, command):
    code, out, err = command(name, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"usage: python -m musicgen {name}")
    assert "<" not in out  # no Python object shown as a default
    assert len(out.splitlines()) > 5


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["no-such-command"],
        ["inspect"],
        ["inspect", "a.mid", "--no-such-option"],
        ["sample", "--checkpoint", "x", "--seed", "seven", "--out", "a.mid"],
        ["prepare", "a", "b", "--representation", "wallpaper"],
        ["train", "--corpus", "a", "--out", "b", "--network", "gan"],
        ["statistics", "a.mid", "--seed", "-1"],
    ],
    ids=" ".join,
)
def test_it_answers_wrong_arguments_in_one_line(words, command):
    code, out, err = command(*words)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "--help" in err


def test_it_shows_where_a_mistake_of_ours_happened(monkeypatch, command, piece):
    def broken(_options: argparse.Namespace) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(inspect_command, "run", broken)
    with pytest.raises(ZeroDivisionError):
        command("inspect", piece)


def test_it_ends_by_ctrl_c_without_a_traceback(monkeypatch, command, piece):
    def interrupted(_options: argparse.Namespace) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(inspect_command, "run", interrupted)
    assert command("inspect", piece) == (130, "", "Stopped.\n")


def test_it_ends_quietly_when_nobody_reads_its_output(piece):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*PROGRAM, "inspect", str(piece)], stdout=write, stderr=subprocess.PIPE, check=False
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_it_leaves_nothing_behind_when_it_is_stopped(number, code, piece, tmp_path):
    started = tmp_path / "started"
    fake = tmp_path / "bin" / "fluidsynth"
    fake.parent.mkdir()
    fake.write_text(f"#!/bin/sh\necho $$ > {started}\nexec sleep 60\n")
    fake.chmod(0o755)
    process = subprocess.Popen(
        [*PROGRAM, "render", str(piece), "--out", str(tmp_path / "out.flac")],
        env={**os.environ, "PATH": f"{fake.parent}:{os.environ['PATH']}"},
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(lambda: started.exists() and started.read_text().strip())
    process.send_signal(number)
    complaint = process.communicate(timeout=30)[1]
    assert process.returncode == code
    assert "Traceback" not in complaint
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "piece.mid", "started"]
    synthesizer = int(started.read_text())
    wait_for(lambda: not is_running(synthesizer))


def is_running(number):
    try:
        status = Path(f"/proc/{number}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
