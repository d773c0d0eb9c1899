"""The command line inside the test's own process, and a few pieces to give it."""

import signal

import numpy as np
import pytest

from musicgen.cli.program import main
from musicgen.midi import write_midi
from musicgen.score import Notes, Part, Score, TempoChange


@pytest.fixture
def command(capsys):
    """Run a command: gives exit code, stdout and stderr."""
    before = signal.getsignal(signal.SIGTERM)

    def run(*words):
        try:
            code = main([str(word) for word in words])
        except SystemExit as ended:  # argparse ends the program itself
            code = ended.code
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    yield run
    signal.signal(signal.SIGTERM, before)


def melody(seed, notes=48):
    generator = np.random.default_rng(seed)
    pitches = 60 + np.cumsum(generator.integers(-2, 3, notes))
    table = Notes(np.arange(notes) * 240, np.clip(pitches, 40, 80), [240] * notes, [80] * notes)
    return Score((Part(table, name="Voice", program=6),), tempos=(TempoChange(0, 100.0),), title="A piece")


@pytest.fixture
def piece(tmp_path):
    path = tmp_path / "piece.mid"
    path.write_bytes(write_midi(melody(0, notes=8)))
    return path


@pytest.fixture(scope="session")
def pieces(tmp_path_factory):
    """A folder of thirty pieces."""
    folder = tmp_path_factory.mktemp("pieces")
    for seed in range(30):
        (folder / f"{seed:02}.mid").write_bytes(write_midi(melody(seed)))
    return folder
