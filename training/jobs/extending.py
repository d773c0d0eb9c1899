"""A run that goes on where another ended: it begins with the other's state, figures and checkpoints."""

import shutil
from typing import Final

from musicgen.learning.run_files import RunFolder
from training import shared
from training.models import Run
from training.services import WorkFailedError

_TAKEN_ALONG: Final = ("last", "checkpoints")


def begin_where_it_ended(run: Run) -> None:
    """Fill the folder of a new extension; one that has begun is left as it is.

    The learning rate follows the schedule of the longer training from the step where the shorter
    ended, so it rises once; a run that was planned as long from the beginning learns otherwise.
    """
    source = run.cloned_from
    if not run.is_extension or source is None:
        return
    ours, theirs = RunFolder(run.folder), RunFolder(shared.fetch_folder(source.folder))
    if ours.read_run() is not None:
        return
    described = theirs.read_run()
    if described is None:
        raise WorkFailedError(f"The files of run {source.pk} are gone; start a new run instead.")
    for name in _TAKEN_ALONG:
        shutil.copytree(theirs.path / name, ours.path / name, dirs_exist_ok=True)
    shutil.copy2(theirs.path / "metrics.jsonl", ours.path / "metrics.jsonl")
    # Last, so that a folder that was half filled is filled again.
    ours.write_run({**described, "state": "stopped", "settings": run.settings, "test": None})
