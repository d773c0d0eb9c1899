"""A flipped byte or a cut file is noticed before anything is made of it."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import numpy as np

from musicgen.learning.checkpoint import CheckpointError, CheckpointInfo, read_weights, write_checkpoint
from musicgen.learning.run_files import ResumeState, RunFolder
from torture.table import Outcome

PROMISE = "corruption is noticed: truncate or flip bytes 100 times; the state before is used"
WANTED = "100 % detected, the previous one used"
TIMES = 100


def run() -> Outcome:
    """Damage checkpoints and states in every file of theirs."""
    draw = random.Random(16)
    noticed = stepped_back = 0
    for _ in range(TIMES):
        with tempfile.TemporaryDirectory(prefix="torture-") as name:
            folder = Path(name)
            info = CheckpointInfo("lstm", {}, {"representation": "chords"}, "ab" * 32, 1, 0.0, {}, 0, {})
            write_checkpoint(folder / "checkpoint", info, {"w": np.arange(500, dtype=np.float32)})
            _damage(draw.choice(sorted((folder / "checkpoint").iterdir())), draw)
            try:
                read_weights(folder / "checkpoint")
            except CheckpointError:
                noticed += 1
            states = RunFolder(folder / "run")
            states.path.mkdir()
            for step in (1, 2):
                states.write_state(ResumeState(step, [np.full(500, step, np.float32)], {}))
            _damage(draw.choice(sorted((states.path / "last" / "step-00000002").iterdir())), draw)
            state = states.read_state()
            stepped_back += state is not None and state.step == 1 and bool((state.variables[0] == 1).all())
    return Outcome(
        noticed == stepped_back == TIMES,
        f"{noticed}/{TIMES} checkpoints refused, {stepped_back}/{TIMES} runs went on from the state before",
    )


def _damage(path: Path, draw: random.Random) -> None:
    data = bytearray(path.read_bytes())
    place = draw.randrange(len(data))
    if draw.random() < 0.5:
        data = data[:place]
    else:
        data[place] ^= 1 << draw.randrange(8)
    path.write_bytes(data)
