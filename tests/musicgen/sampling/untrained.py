"""Checkpoints of small untrained networks whose biases make them write what a test needs."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from musicgen.learning.checkpoint import CheckpointInfo, weights_of, write_checkpoint
from musicgen.networks import build_network
from musicgen.representation import ChordVocabulary
from tests.musicgen.learning.tiny_corpus import tiny_score

# Time moves by eighths, as in music: else an untrained network is silent for minutes.
STEADY = {"shift 12/24": 9.0, "pitch 6": 12.0, "duration": 15.0}
VOCABULARY = ChordVocabulary.build([tiny_score(seed) for seed in range(4)])


def written(
    folder: Path, vocabulary: ChordVocabulary = VOCABULARY, *, step: int = 0, **biases: float
) -> Path:
    """A checkpoint of an untrained network; biases make tokens with a word in their name likelier."""
    config = {"vocabulary_size": vocabulary.size, "embedding_dim": 8, "units": 8, "layers": 2, "dropout": 0.0}
    network = build_network("lstm", config, seed=1)
    bias = np.zeros(vocabulary.size, np.float32)
    for token in range(vocabulary.size):
        bias[token] = sum(value for word, value in biases.items() if word in vocabulary.describe(token))
    network.output_bias.assign(bias)
    info = CheckpointInfo("lstm", config, vocabulary.to_json(), "", step, 0.0, {}, 0, {})
    write_checkpoint(folder, info, weights_of(network))
    return folder
