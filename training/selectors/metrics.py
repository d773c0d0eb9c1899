"""What a run's files say: its metrics, description and log. A missing file is an empty one."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from training import shared
from training.models import Run

MAX_CURVE_POINTS: Final = 2000  # lines of training loss sent at once; a screen is not wider
LOG_BYTES: Final = 32_000  # of the log's end
CURVE_FIELDS: Final = (
    *("step", "epoch", "train_loss", "validation_loss", "generator_loss", "discriminator_loss"),
    *("distance", "learning_rate", "tokens_per_second"),
)
MACHINE_FIELDS: Final = ("step", "cpu_percent", "memory_mb", "gpu_percent", "gpu_memory_mb")
_FRESH_SECONDS: Final = 3.0  # a file that another machine writes is fetched again after so long


class FileTail:
    """Reads a file of JSON lines as it is written, each line once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file_id = 0
        self._offset = 0

    def new_lines(self) -> list[dict[str, Any]]:
        """The whole lines written since last asked; a file that was replaced is read from its start."""
        try:
            with self._path.open("rb") as file:
                status = self._path.stat()
                if status.st_ino != self._file_id or status.st_size < self._offset:
                    self._file_id, self._offset = status.st_ino, 0
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return []
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        return _parsed_lines(whole)


class MetricsTail(FileTail):
    """Reads a run's metrics as they are written."""

    def __init__(self, run: Run) -> None:
        super().__init__(run.folder / "metrics.jsonl")


def run_description(run: Run) -> dict[str, Any]:
    """The run's own description, run.json; empty before the training has written it."""
    shared.refresh(run.folder / "run.json", _FRESH_SECONDS)
    try:
        content = json.loads((run.folder / "run.json").read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def run_curve(run: Run, after: int = 0) -> dict[str, Any]:
    """The run's figures from a step on, for drawing.

    Args:
        after: the last step that is known; its lines are told again, as more may have come.

    Returns:
        `points`: a list by field; `baseline`: the unigram's nats per token on the validation
        pieces, if known.
    """
    lines = [line for line in _lines_of(run, "metrics.jsonl") if line["step"] >= after]
    every = len(lines) // MAX_CURVE_POINTS + 1
    kept = [
        line
        for place, line in enumerate(lines, start=1)
        if place % every == 0 or place == len(lines) or "validation_loss" in line
    ]
    unigram = (run_description(run).get("baseline") or {}).get("unigram") or {}
    return {
        "points": {field: [line.get(field) for line in kept] for field in CURVE_FIELDS},
        "baseline": (unigram.get("validation") or {}).get("nats_per_token"),
    }


def run_machine_use(run: Run, after: int = 0) -> dict[str, list[Any]]:
    """What the training used of its machine from a step on, by field."""
    lines = [line for line in _lines_of(run, "machine.jsonl") if line["step"] >= after]
    every = len(lines) // MAX_CURVE_POINTS + 1
    return {field: [line.get(field) for line in lines[::every]] for field in MACHINE_FIELDS}


def _lines_of(run: Run, name: str) -> list[dict[str, Any]]:
    shared.refresh(run.folder / name, _FRESH_SECONDS)
    try:
        return _parsed_lines((run.folder / name).read_bytes())
    except FileNotFoundError:
        return []


def run_log_tail(run: Run, lines: int = 40) -> str:
    """The end of what the training wrote for people."""
    shared.refresh(run.log_path, _FRESH_SECONDS)
    try:
        with run.log_path.open("rb") as log:
            size = log.seek(0, 2)
            log.seek(max(0, size - LOG_BYTES))
            text = log.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def _parsed_lines(data: bytes) -> list[dict[str, Any]]:
    parsed = []
    for line in data.splitlines():
        try:
            value = json.loads(line)
        except ValueError:  # cut off by a crash; the training drops it when it goes on
            continue
        if isinstance(value, Mapping) and isinstance(value.get("step"), int):
            parsed.append(dict(value))
    return parsed
