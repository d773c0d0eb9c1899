"""Putting a run's checkpoints into the package, in half precision, judged as they are shipped."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from musicgen.corpus.reader import Corpus, open_corpus
from musicgen.learning.checkpoint import (
    CheckpointError,
    CheckpointInfo,
    load_network,
    put_weights,
    read_checkpoint,
    read_weights,
    write_checkpoint,
)
from musicgen.learning.durable import write_file
from musicgen.learning.losses import losses_file
from musicgen.learning.run_files import RunFolder
from musicgen.learning.shipped import resolve_checkpoint, step_name

ALL: Final = -1  # tokens to judge by


def ship_run(
    run: Path, corpus: Path, target: Path, *, along: int = 0, judged_tokens: int = ALL
) -> list[CheckpointInfo]:
    """Copy a run's best checkpoint with float16 weights, its losses, and others along its way.

    The best is judged anew, with its rounded weights; the others keep the figures of the run. The
    model card is written by a person and is left as it is.

    Args:
        run: a run's folder.
        corpus: what it learned from.
        target: the folder to write or replace; those along the way are written beside it.
        along: how many of them: the first and the others evenly spaced in the logarithm of steps.
        judged_tokens: of each split, by which the best is judged, from the beginnings of its pieces;
            `ALL` for whole pieces, 0 to keep the figures of the run.

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
    judged = _judged(best, opened, judged_tokens) if judged_tokens else {}
    shipped = [_ship(best, target, judged, is_best=True)]
    for name, data in {**kept, **losses_file(run)}.items():
        write_file(target / name, data)
    earlier = [
        folder for folder in sorted(RunFolder(run).checkpoints.glob("step-*")) if folder.name < best.name
    ]
    for folder in spread(earlier, along):
        beside = target.with_name(step_name(target.name, read_checkpoint(folder).step))
        shipped.append(_ship(folder, beside, {}, is_best=False))
    return shipped


def spread(folders: Sequence[Path], count: int) -> list[Path]:
    """Checkpoints evenly spaced in the logarithm of their steps, the first among them.

    Args:
        folders: named by step, ascending.
        count: how many at most.
    """
    if count < 1 or len(folders) <= count:
        return list(folders[: max(count, 0)])
    first, *later = folders
    left = {math.log(_step(folder)): folder for folder in later}
    low, high = min(left), max(left)
    chosen = [first]
    for index in range(count - 1):
        wanted = low + (high - low) * index / max(1, count - 2)
        chosen.append(left.pop(min(left, key=lambda place: abs(place - wanted))))
    return sorted(chosen)


def _step(folder: Path) -> int:
    return int(folder.name.removeprefix("step-"))


def _ship(source: Path, target: Path, judged: Mapping[str, Any], *, is_best: bool) -> CheckpointInfo:
    info = read_checkpoint(source)
    info = replace(info, is_best=is_best, metrics={**info.metrics, **judged})
    return write_checkpoint(target, info, read_weights(source), half=True)


def _judged(source: Path, corpus: Corpus, tokens: int) -> dict[str, Any]:
    """Held-out likelihoods by split, of the weights as they are once rounded."""
    from musicgen.learning.likelihood import PieceScorer, beginnings_of  # loads Keras

    network = load_network(source)
    weights = read_weights(source)
    put_weights(network, {name: array.astype("float16").astype("float32") for name, array in weights.items()})
    scorer = PieceScorer(network, corpus.vocabulary)
    judged = {}
    for split in ("validation", "test"):
        pieces = corpus.pieces(split)
        judged[split] = scorer.score(pieces if tokens == ALL else beginnings_of(pieces, tokens)).to_json()
    return judged
