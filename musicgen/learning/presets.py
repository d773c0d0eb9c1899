"""Settings that go together, by network and name. Loads no Keras."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

# What is left out takes the values of the network's preset, first the one named first.
PRESETS: Final[Mapping[str, Mapping[str, Mapping[str, Any]]]] = {
    "lstm": {
        "laptop": {},
        "gpu": {"embedding_dim": 512, "units": 1024, "layers": 3, "sequence_length": 256, "batch_size": 64},
    },
    "transformer": {
        # 3.3 million weights and those of the tokens.
        "laptop": {
            "layers": 4,
            "dropout": 0.1,
            "sequence_length": 256,
            "batch_size": 8,
            "learning_rate": 1e-3,
            "averaging": 0.99,
        },
        # Half of it, for an hour on two busy cores.
        "small": {
            "embedding_dim": 192,
            "layers": 4,
            "heads": 3,
            "context": 256,
            "dropout": 0.0,
            "sequence_length": 256,
            "batch_size": 8,
            "learning_rate": 1.5e-3,
            "averaging": 0.98,
        },
        # 25 million and 113 million weights.
        "gpu": {
            "embedding_dim": 512,
            "layers": 8,
            "heads": 8,
            "context": 1024,
            "dropout": 0.1,
            "sequence_length": 1024,
            "batch_size": 32,
            "learning_rate": 6e-4,
            "averaging": 0.999,
            "precision": "mixed_bfloat16",
        },
        "gpu-large": {
            "embedding_dim": 768,
            "layers": 16,
            "heads": 12,
            "context": 2048,
            "dropout": 0.1,
            "sequence_length": 2048,
            "batch_size": 16,
            "accumulation": 4,
            "learning_rate": 3e-4,
            "averaging": 0.999,
            "precision": "mixed_bfloat16",
        },
    },
}
