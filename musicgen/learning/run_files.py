"""The files of a run's folder: run.json, metrics.jsonl, checkpoints/ and last/. Loads no Keras.

run.json                      what the run is and how far; replaced at once, always whole
metrics.jsonl                 a line every few steps and every evaluation, appended
loss.svg, loss.png            the curves
samples/step-00000123/1.mid   short pieces composed at an evaluation, from fixed seeds
checkpoints/step-00000123/    what music can be composed from
last/step-00000123/           what training goes on from: the two newest
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import numpy.typing as npt
import safetensors
import safetensors.numpy

from musicgen.learning.durable import remove_unfinished, write_file, write_folder, write_json

_AVERAGE: Final = "average:"
_KEPT_STATES: Final = 2  # the newest, and the one before in case it is damaged


class MetricsLine(Protocol):
    """A line of metrics.jsonl, of whatever kind of training."""

    def to_json(self) -> dict[str, Any]:
        """Its plain JSON values, "step" among them."""
        ...


class RunError(ValueError):
    """A run's folder cannot be used for this training."""


@dataclass(frozen=True, slots=True)
class ResumeState:
    """Everything that training goes on from.

    Attributes:
        step: batches learned.
        variables: network, carried state, random state and optimiser, in Keras' order.
        memory: plain values: seconds spent, evaluations so far.
        average: averaged weights, by name; none if weights are not averaged.
    """

    step: int
    variables: list[npt.NDArray[Any]]
    memory: dict[str, Any]
    average: dict[str, npt.NDArray[Any]] = field(default_factory=dict)


class RunFolder:
    """Reads and writes the files of one run.

    Args:
        path: the run's folder; made when it is first held.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkpoints = path / "checkpoints"
        self.samples = path / "samples"
        self._states = path / "last"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder against a second training; the system lets go if this process dies.

        Raises:
            RunError: another process trains here.
        """
        for folder in (self.path, self.checkpoints, self._states):
            folder.mkdir(parents=True, exist_ok=True)
        with (self.path / ".lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RunError(
                    f"Another process is training in {self.path}; stop it, or take another folder."
                ) from None
            for folder in (self.path, self.checkpoints, self.samples, self._states):
                remove_unfinished(folder)
            yield

    def read_run(self) -> dict[str, Any] | None:
        """The content of run.json; None if there is none.

        Raises:
            RunError: it is there, but no JSON object.
        """
        try:
            content = json.loads((self.path / "run.json").read_bytes())
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise RunError(f"{self.path / 'run.json'} is damaged ({error}); take another folder.") from None
        if not isinstance(content, dict):
            raise RunError(f"{self.path / 'run.json'} describes no run; take another folder.")
        return content

    def write_run(self, content: Mapping[str, Any]) -> None:
        """Replace run.json."""
        write_json(self.path / "run.json", content)

    def append_metrics(self, line: MetricsLine) -> None:
        """Add a line to metrics.jsonl."""
        with (self.path / "metrics.jsonl").open("a") as file:
            file.write(json.dumps(line.to_json()) + "\n")

    def read_metrics(self) -> list[dict[str, Any]]:
        """All whole lines of metrics.jsonl; one that a crash cut off is left out."""
        try:
            lines = (self.path / "metrics.jsonl").read_text().splitlines()
        except FileNotFoundError:
            return []
        return [line for line in map(_parsed, lines) if line is not None]

    def forget_metrics_after(self, step: int) -> None:
        """Drop the lines of steps that will be learned again."""
        kept = [line for line in self.read_metrics() if line["step"] <= step]
        write_file(self.path / "metrics.jsonl", "".join(json.dumps(line) + "\n" for line in kept).encode())

    def checkpoint_folder(self, step: int) -> Path:
        """Where the checkpoint of a step is, or will be."""
        return self.checkpoints / f"step-{step:08d}"

    def sample_folder(self, step: int) -> Path:
        """Where the samples of an evaluation are, or will be."""
        return self.samples / f"step-{step:08d}"

    def write_state(self, state: ResumeState) -> None:
        """Save what training goes on from; then forget all but the two newest."""
        arrays = {f"{i:04d}": array for i, array in enumerate(state.variables)}
        arrays |= {f"{_AVERAGE}{name}": array for name, array in state.average.items()}
        data = safetensors.numpy.save(arrays)
        description = {
            "step": state.step,
            "memory": state.memory,
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        write_folder(
            self._states / f"step-{state.step:08d}",
            {"state.safetensors": data, "state.json": json.dumps(description).encode()},
        )
        for old in sorted(self._states.glob("step-*"))[:-_KEPT_STATES]:
            shutil.rmtree(old)

    def read_state(self) -> ResumeState | None:
        """The newest saved state that is whole; None if there is none."""
        for folder in sorted(self._states.glob("step-*"), reverse=True):
            state = _read_state(folder)
            if state is not None:
                return state
            shutil.rmtree(folder)  # damaged: it must not count among the two that are kept
        return None


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) and "step" in value else None


def _read_state(folder: Path) -> ResumeState | None:
    try:
        description = json.loads((folder / "state.json").read_bytes())
        data = (folder / "state.safetensors").read_bytes()
        if hashlib.sha256(data).hexdigest() != description["sha256"]:
            return None
        arrays = safetensors.numpy.load(data)
        average = {name[len(_AVERAGE) :]: arrays.pop(name) for name in sorted(arrays) if _AVERAGE in name}
        variables = [arrays[name] for name in sorted(arrays)]
        return ResumeState(int(description["step"]), variables, dict(description["memory"]), average)
    except (OSError, ValueError, KeyError, TypeError, safetensors.SafetensorError):
        return None
