"""Putting a run's best checkpoint into the package, in half precision, judged as it is shipped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from musicgen.corpus.reader import open_corpus
from musicgen.learning.checkpoint import (
    CheckpointError,
    CheckpointInfo,
    load_network,
    read_checkpoint,
    read_weights,
    write_checkpoint,
)
from musicgen.learning.durable import write_file
from musicgen.learning.likelihood import PieceScorer
from musicgen.learning.shipped import resolve_checkpoint


def ship_run(run: Path, corpus: Path, target: Path) -> CheckpointInfo:
    """Copy a run's best checkpoint with float16 weights, and its curve.

    The held-out likelihoods in the copy are those of the copy, with its rounded weights.
    The model card is written by a person and is left as it is.

    Args:
        run: a run's folder.
        corpus: what it learned from.
        target: the folder to write or replace.

    Returns:
        What the copy's checkpoint.json says.

    Raises:
        CheckpointError: no checkpoint, or of another corpus.
        CorpusError: no corpus.
    """
    source = resolve_checkpoint(run)
    info = read_checkpoint(source)
    opened = open_corpus(corpus)
    if opened.corpus_hash != info.corpus_hash:
        raise CheckpointError(f"{source} learned from another corpus than {corpus}; name that one.")
    kept = {path.name: path.read_bytes() for path in (target / "card.md", run / "loss.svg") if path.is_file()}
    write_checkpoint(target, info, read_weights(source), half=True)
    scorer = PieceScorer(load_network(target), opened.vocabulary)
    judged = {split: scorer.score(opened.pieces(split)).to_json() for split in ("validation", "test")}
    written = replace(info, metrics={**info.metrics, **judged})
    written = write_checkpoint(target, written, read_weights(source), half=True)
    for name, data in kept.items():
        write_file(target / name, data)
    return written
