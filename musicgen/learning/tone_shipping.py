"""Putting checkpoints of a run of tones into the package, in half precision."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from musicgen.corpus.reader import open_corpus
from musicgen.learning.checkpoint import (
    CheckpointError,
    CheckpointInfo,
    read_checkpoint,
    read_weights,
    write_checkpoint,
)
from musicgen.learning.durable import write_file
from musicgen.learning.losses import losses_file
from musicgen.learning.run_files import RunFolder
from musicgen.learning.shipped import resolve_checkpoint, step_name
from musicgen.learning.shipping import spread


def ship_tones(run: Path, corpus: Path, target: Path, *, along: int = 0) -> list[CheckpointInfo]:
    """As `ship_run`, for a run of tones; the figures stay those that the run found.

    Args:
        run: a run's folder.
        corpus: what it learned from.
        target: the folder to write or replace; those along the way are written beside it.
        along: how many of them: the first and the others evenly spaced in the logarithm of steps.

    Returns:
        What the copies say, the best first.

    Raises:
        CheckpointError: no checkpoint, or of another corpus.
        CorpusError: no corpus.
    """
    best = resolve_checkpoint(run)
    if open_corpus(corpus).corpus_hash != read_checkpoint(best).corpus_hash:
        raise CheckpointError(f"{best} learned from another corpus than {corpus}; name that one.")
    kept = {path.name: path.read_bytes() for path in (target / "card.md", run / "loss.svg") if path.is_file()}
    shipped = [_ship(best, target, is_best=True)]
    for name, data in {**kept, **losses_file(run)}.items():
        write_file(target / name, data)
    # The last one too: in a game, later is not always better.
    others = [folder for folder in sorted(RunFolder(run).checkpoints.glob("step-*")) if folder != best]
    for folder in spread(others, along):
        beside = target.with_name(step_name(target.name, read_checkpoint(folder).step))
        shipped.append(_ship(folder, beside, is_best=False))
    return shipped


def _ship(source: Path, target: Path, *, is_best: bool) -> CheckpointInfo:
    info = replace(read_checkpoint(source), is_best=is_best)
    return write_checkpoint(target, info, read_weights(source), half=True)
