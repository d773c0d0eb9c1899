"""The checkpoints that come with the project, and finding a checkpoint by name. Loads no Keras.

The best checkpoint of a run lies in a folder of the run's name, `transformer-piano`, with the model
card and the curve; those along its way lie beside it, `transformer-piano-step-171`, and share both.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from musicgen.learning.checkpoint import (
    INFO_NAME,
    CheckpointError,
    CheckpointInfo,
    read_checkpoint,
    read_weights,
)
from musicgen.learning.run_files import RunError, RunFolder

_STEP: Final = "-step-"
SHIPPED_FOLDER: Final = Path(__file__).resolve().parent.parent / "weights"


@dataclass(frozen=True, slots=True)
class ShippedCheckpoint:
    """A checkpoint in the package.

    Attributes:
        name: as given to `resolve_checkpoint`.
        folder: with checkpoint.json and weights.safetensors.
        info: what checkpoint.json says.
        card: the model card of its run, Markdown.
        run: the run's name, which is that of its best checkpoint.
    """

    name: str
    folder: Path
    info: CheckpointInfo
    card: str
    run: str

    @property
    def is_best(self) -> bool:
        """Whether it is the best of its run."""
        return self.name == self.run


def shipped_checkpoints() -> list[ShippedCheckpoint]:
    """All checkpoints in the package, by name; those along the way of a run by step."""
    folders = [path.parent for path in SHIPPED_FOLDER.glob(f"*/{INFO_NAME}")]
    found = [(run_of(folder.name), read_checkpoint(folder), folder) for folder in folders]
    found.sort(key=lambda row: (row[0], row[2].name != row[0], row[1].step))
    return [
        ShippedCheckpoint(folder.name, folder, info, _card(SHIPPED_FOLDER / run), run)
        for run, info, folder in found
    ]


def step_name(run: str, step: int) -> str:
    """What a checkpoint along the way of a shipped run is called."""
    return f"{run}{_STEP}{step}"


def run_of(name: str) -> str:
    """The run that a shipped checkpoint is of, whose folder has the card and the curve."""
    run, _, step = name.rpartition(_STEP)
    return run if run and step.isdecimal() else name


def _card(folder: Path) -> str:
    return (folder / "card.md").read_text(encoding="utf-8")


def resolve_checkpoint(name_or_folder: str | Path) -> Path:
    """The folder of a checkpoint.

    Args:
        name_or_folder: a shipped checkpoint's name, a checkpoint's folder, or a run's folder,
            which stands for its best checkpoint, or for its newest whole one if that is damaged.

    Raises:
        CheckpointError: nothing of these.
    """
    if str(name_or_folder) in {path.parent.name for path in SHIPPED_FOLDER.glob(f"*/{INFO_NAME}")}:
        return SHIPPED_FOLDER / str(name_or_folder)
    folder = Path(name_or_folder)
    if (folder / INFO_NAME).is_file():
        return folder
    if (folder / "run.json").is_file():
        return _best_of_run(folder)
    names = ", ".join(path.parent.name for path in sorted(SHIPPED_FOLDER.glob(f"*/{INFO_NAME}")))
    raise CheckpointError(
        f"There is no checkpoint {str(name_or_folder)!r}: it is neither a checkpoint's or a run's folder "
        f"nor one of those shipped: {names or 'none'}."
    )


def _best_of_run(folder: Path) -> Path:
    run_folder = RunFolder(folder)
    try:
        best = (run_folder.read_run() or {}).get("best_checkpoint")
    except RunError as error:
        raise CheckpointError(str(error)) from None
    if not best:
        raise CheckpointError(f"The run in {folder} has no checkpoint yet; wait for its first evaluation.")
    newest_first = sorted(run_folder.checkpoints.glob("step-*"), reverse=True)
    for candidate in (run_folder.checkpoints / str(best), *newest_first):
        if _is_whole(candidate):
            return candidate
    raise CheckpointError(f"Every checkpoint of the run in {folder} is damaged; train it again.")


def _is_whole(folder: Path) -> bool:
    try:
        read_weights(folder)
    except CheckpointError:
        return False
    return True
