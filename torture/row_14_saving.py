"""A checkpoint that is being replaced while its writer is killed is whole: the old one or the new one."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from musicgen.learning.checkpoint import read_checkpoint, read_weights
from torture.site import ROOT
from torture.table import Outcome

PROMISE = "checkpoints are atomic: SIGKILL at 200 random moments of saving"
WANTED = "200/200 load, hash matches"
KILLS = 200
_WRITER = """
import sys
from pathlib import Path
import numpy as np
from musicgen.learning.checkpoint import CheckpointInfo, write_checkpoint
folder, step = Path(sys.argv[1]), 0
while True:
    step += 1
    info = CheckpointInfo("lstm", {}, {"representation": "chords"}, "ab" * 32, step, 0.0, {}, 0, {})
    write_checkpoint(folder, info, {"w": np.full(200_000, step, np.float32)})
    print(step, flush=True)
"""


def run() -> Outcome:
    """Kill a process that does nothing but save."""
    draw = random.Random(14)
    whole = steps = 0
    with tempfile.TemporaryDirectory(prefix="torture-") as name:
        folder = Path(name) / "checkpoint"
        for _ in range(KILLS):
            process = subprocess.Popen(
                [sys.executable, "-c", _WRITER, str(folder)], cwd=ROOT, stdout=subprocess.PIPE
            )
            assert process.stdout is not None
            process.stdout.readline()  # it has saved once and is saving again
            time.sleep(draw.random() * 0.02)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            process.stdout.close()
            info = read_checkpoint(folder)
            weights = read_weights(folder, info)["w"]
            whole += bool((weights == info.step).all())
            steps += info.step
    return Outcome(whole == KILLS, f"{whole}/{KILLS} load, {steps:,} saved in all")
