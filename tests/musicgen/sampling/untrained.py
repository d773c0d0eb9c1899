"""Checkpoints of small untrained networks whose biases make them write what a test needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from musicgen.learning.checkpoint import CheckpointInfo, weights_of, write_checkpoint
from musicgen.networks import build_network
from musicgen.representation import ChordVocabulary, Vocabulary
from tests.musicgen.learning.tiny_corpus import tiny_score

# Time moves by eighths, as in music: else an untrained network is silent for minutes.
STEADY = {"shift 12/24": 9.0, "pitch 6": 12.0, "duration": 15.0}
VOCABULARY = ChordVocabulary.build([tiny_score(seed) for seed in range(4)])


SHAPES = {
    "lstm": {"embedding_dim": 8, "units": 8, "layers": 2, "dropout": 0.0},
    "transformer": {"width": 16, "layers": 2, "heads": 2, "context": 64, "prefix": 8, "dropout": 0.0},
}


def written(
    folder: Path,
    vocabulary: Vocabulary = VOCABULARY,
    *,
    network_name: str = "lstm",
    step: int = 0,
    settings: dict[str, Any] | None = None,
    **biases: float,
) -> Path:
    """A checkpoint of an untrained network; biases make tokens with a word in their name likelier."""
    config = {"vocabulary_size": vocabulary.size, **SHAPES[network_name]}
    network = build_network(network_name, config, seed=1)
    bias = np.zeros(vocabulary.size, np.float32)
    for token in range(vocabulary.size):
        bias[token] = sum(value for word, value in biases.items() if word in vocabulary.describe(token))
    network.output_bias.assign(bias)
    info = CheckpointInfo(network_name, config, vocabulary.to_json(), "", step, 0.0, {}, 0, settings or {})
    write_checkpoint(folder, info, weights_of(network))
    return folder
