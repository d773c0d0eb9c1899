"""A training that was killed in its middle ends as one that was not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from torture.site import ROOT, wait_for
from torture.table import Outcome

PROMISE = "resume is faithful: 10 epochs v 5 + kill -9 + 5, same seed (LSTM, Transformer)"
WANTED = "validation loss within 1e-5"
EPOCHS = 10
_SIZES = {
    "lstm": ("--units", "16", "--embedding-dim", "8"),
    "transformer": ("--units", "16", "--heads", "2", "--layers", "2", "--context", "32"),
}


def run() -> Outcome:
    """With dropout, so that the state of chance counts too."""
    from tests.training.pieces import midi_bytes

    furthest, told = 0.0, []
    with tempfile.TemporaryDirectory(prefix="torture-") as name:
        folder = Path(name)
        (folder / "midi").mkdir()
        for seed in range(12):
            (folder / "midi" / f"{seed}.mid").write_bytes(midi_bytes(seed, notes=80))
        _program("prepare", str(folder / "midi"), str(folder / "corpus"), "--representation", "chords").wait()
        for network, sizes in _SIZES.items():
            losses = []
            for broken in (False, True):
                out = folder / f"{network}-{broken}"
                command = (
                    *("train", "--network", network, "--corpus", str(folder / "corpus"), "--out", str(out)),
                    *("--max-epochs", str(EPOCHS), "--batch-size", "2", "--sequence-length", "16"),
                    *("--dropout", "0.2", "--patience", "1000", "--seed", "5", *sizes),
                )
                if broken:
                    _kill_in_the_middle(_program(*command), out)
                if _program(*command).wait():
                    raise RuntimeError((folder / "log").read_text()[-300:])
                losses.append(_last_loss(out))
            furthest = max(furthest, abs(losses[0] - losses[1]))
            told.append(f"{network} {losses[0]:.6f} and {losses[1]:.6f}")
    return Outcome(furthest <= 1e-5, f"{'; '.join(told)}: {furthest:.1e} apart")


def _program(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "musicgen", *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"},
    )


def _kill_in_the_middle(process: subprocess.Popen[bytes], out: Path) -> None:
    wait_for(lambda: _epoch(out) >= EPOCHS / 2 or process.poll() is not None, "five epochs", 900)
    if process.poll() is not None:
        raise RuntimeError("it was over before it could be killed")
    process.send_signal(signal.SIGKILL)
    process.wait()


def _lines(out: Path) -> list[dict[str, float]]:
    try:
        text = (out / "metrics.jsonl").read_text()
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in text.splitlines() if line.endswith("}")]


def _epoch(out: Path) -> float:
    return max((line.get("epoch", 0.0) for line in _lines(out)), default=0.0)


def _last_loss(out: Path) -> float:
    return next(
        float(line["validation_loss"])
        for line in reversed(_lines(out))
        if line.get("validation_loss") is not None
    )
