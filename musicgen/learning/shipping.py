"""Putting a run's checkpoints into the package, in half precision, judged as they are shipped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from musicgen.corpus.reader import Corpus, open_corpus
from musicgen.learning.checkpoint import (
    CheckpointError,
    CheckpointInfo,
    load_network,
    read_checkpoint,
    read_weights,
    write_checkpoint,
)
from musicgen.learning.durable import write_file
from musicgen.learning.likelihood import PieceScorer, beginnings_of
from musicgen.learning.run_files import RunFolder
from musicgen.learning.shipped import resolve_checkpoint, step_name

JUDGED_TOKENS: Final = 30_000  # of a checkpoint that is not the best: the beginnings of pieces


def ship_run(run: Path, corpus: Path, target: Path, *, along: int = 0) -> list[CheckpointInfo]:
    """Copy a run's best checkpoint with float16 weights, its curve, and others along its way.

    The held-out likelihoods in the copies are those of the copies, with their rounded weights;
    the best is judged on all pieces, the others on the beginnings of pieces. The model card is
    written by a person and is left as it is.

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
    opened = open_corpus(corpus)
    if opened.corpus_hash != read_checkpoint(best).corpus_hash:
        raise CheckpointError(f"{best} learned from another corpus than {corpus}; name that one.")
    kept = {path.name: path.read_bytes() for path in (target / "card.md", run / "loss.svg") if path.is_file()}
    shipped = [_ship(best, opened, target, is_best=True)]
    for name, data in kept.items():
        write_file(target / name, data)
    earlier = [
        folder for folder in sorted(RunFolder(run).checkpoints.glob("step-*")) if folder.name < best.name
    ]
    for folder in spread(earlier, along):
        beside = target.with_name(step_name(target.name, read_checkpoint(folder).step))
        shipped.append(_ship(folder, opened, beside, is_best=False))
    return shipped


def spread(folders: Sequence[Path], count: int) -> list[Path]:
    """Checkpoints evenly spaced in the logarithm of their steps, the first among them.

    Args:
        folders: named by step, ascending.
        count: how many at most.
    """
    left = {math.log(_step(folder) + 1): folder for folder in folders}
    if not left or count < 1:
        return []
    low, high = min(left), max(left)
    chosen = []
    for index in range(min(count, len(folders))):
        wanted = low + (high - low) * index / max(1, count - 1)
        chosen.append(left.pop(min(left, key=lambda place: abs(place - wanted))))
    return sorted(chosen)


def _step(folder: Path) -> int:
    return int(folder.name.removeprefix("step-"))


def _ship(source: Path, corpus: Corpus, target: Path, *, is_best: bool) -> CheckpointInfo:
    info = replace(read_checkpoint(source), is_best=is_best)
    weights = read_weights(source)
    write_checkpoint(target, info, weights, half=True)
    scorer = PieceScorer(load_network(target), corpus.vocabulary)
    judged = {}
    for split in ("validation", "test") if is_best else ("validation",):
        pieces = corpus.pieces(split)
        judged[split] = scorer.score(pieces if is_best else beginnings_of(pieces, JUDGED_TOKENS)).to_json()
    return write_checkpoint(target, replace(info, metrics={**info.metrics, **judged}), weights, half=True)
