"""A checkpoint that is being replaced while its writer is killed is whole: the old one or the new one."""

from __future__ import annotations

import os
import random
import signal
import tempfile
import time
from pathlib import Path

import numpy as np

from musicgen.learning.checkpoint import CheckpointInfo, read_checkpoint, read_weights, write_checkpoint
from torture.table import Outcome

PROMISE = "checkpoints are atomic: SIGKILL at 200 random moments of saving"
WANTED = "200/200 load, hash matches"
KILLS = 200


def run() -> Outcome:
    """Kill a process that does nothing but save."""
    draw = random.Random(14)
    whole = steps = interrupted = 0
    with tempfile.TemporaryDirectory(prefix="torture-") as name:
        folder = Path(name) / "checkpoint"
        _save(folder, 0)
        for _ in range(KILLS):
            writer = os.fork()
            if not writer:
                _save_for_ever(folder)
            time.sleep(0.01 + draw.random() * 0.05)
            os.kill(writer, signal.SIGKILL)
            os.waitpid(writer, 0)
            interrupted += any(path != folder for path in Path(name).iterdir())
            info = read_checkpoint(folder)
            weights = read_weights(folder, info)["w"]
            whole += bool((weights == info.step).all())
            steps += info.step
    kept = whole == KILLS and interrupted > 0 and steps > 0
    return Outcome(kept, f"{whole}/{KILLS} load; {interrupted} kills left a half-written one beside it")


def _save_for_ever(folder: Path) -> None:
    try:
        step = read_checkpoint(folder).step
        while True:
            step += 1
            _save(folder, step)
    finally:
        os._exit(1)


def _save(folder: Path, step: int) -> None:
    info = CheckpointInfo("lstm", {}, {"representation": "chords"}, "ab" * 32, step, 0.0, {}, 0, {})
    write_checkpoint(folder, info, {"w": np.full(200_000, step, np.float32)})
