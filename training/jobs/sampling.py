"""Composes pieces at a run's checkpoints while it goes on training, in a process of its own."""

import logging
import os
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from django.conf import settings

from musicgen.midi import MidiError, read_midi
from training import shared
from training.models import Run
from training.models.sample import sample_folder
from training.services import run_add_sample

logger = logging.getLogger(__name__)

TAKES: Final = 3
FIRST_SEED: Final = 1  # the same seeds at every checkpoint, so that steps can be compared
LENGTH_SECONDS: Final = 20
PATIENCE_SECONDS: Final = 600.0  # at the end of a run, for pieces that are still being composed
NICENESS: Final = 15  # training goes first


class Sampler:
    """Takes checkpoints as they come and makes samples of each.

    Args:
        run: whose samples they are.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._waiting: deque[tuple[int, Path]] = deque()
        self._seen: set[int] = set()
        self._process: subprocess.Popen[bytes] | None = None
        self._step = 0

    def offer(self, step: int, checkpoint: Path) -> None:
        """Compose from this checkpoint when the ones before are done."""
        if self._run.take_samples and step not in self._seen:
            self._seen.add(step)
            if not self._run.samples.filter(step=step).exists():
                self._waiting.append((step, checkpoint))

    def look(self) -> None:
        """Keep what is done, begin what is next."""
        if self._process is not None:
            if self._process.poll() is None:
                return
            self._keep()
        while self._waiting and self._process is None:
            step, checkpoint = self._waiting.popleft()
            if checkpoint.is_dir():
                self._begin(step, checkpoint)

    def finish(self) -> None:
        """Make those that wait, then stop."""
        while self._process is not None or self._waiting:
            if self._process is not None:
                try:
                    self._process.wait(PATIENCE_SECONDS)
                except subprocess.TimeoutExpired:
                    self.stop()
                    return
            self.look()

    def stop(self) -> None:
        """End what is being composed."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _folder(self) -> Path:
        return self._run.folder / ".composing"

    def _begin(self, step: int, checkpoint: Path) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        self._step = step
        leash = [sys.executable, "-I", "-S", str(settings.LEASH), str(os.getpid()), str(NICENESS)]
        with (self._folder / "log.txt").open("wb") as log:
            self._process = subprocess.Popen(
                [*leash, sys.executable, "-m", "musicgen", *_arguments(checkpoint, self._folder)],
                cwd=settings.ROOT,
                env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", "CUDA_VISIBLE_DEVICES": ""},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _keep(self) -> None:
        assert self._process is not None
        code, self._process = self._process.returncode, None
        if code:
            words = (self._folder / "log.txt").read_text(errors="replace").strip().splitlines()
            logger.warning("no samples of %s at step %s: %s", self._run, self._step, words[-1:])
            return
        for seed in range(FIRST_SEED, FIRST_SEED + TAKES):
            made = self._folder / f"take-{seed - FIRST_SEED + 1}.mid"
            try:
                song = read_midi(made)
            except (OSError, MidiError):
                continue  # a network that has learned little may have composed nothing
            if not song.note_count:
                continue
            folder = sample_folder(self._run.pk, self._step, seed)
            folder.mkdir(parents=True, exist_ok=True)
            made.replace(folder / "song.mid")
            shared.share(folder / "song.mid")
            run_add_sample(run=self._run, step=self._step, seed=seed, song=song)


def _arguments(checkpoint: Path, folder: Path) -> Sequence[str]:
    return (
        "sample",
        *("--checkpoint", str(checkpoint), "--seed", str(FIRST_SEED), "--takes", str(TAKES)),
        *("--length-seconds", str(LENGTH_SECONDS), "--out", str(folder / "take.mid")),
    )
