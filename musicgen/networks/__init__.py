"""Neural networks, by name. This package knows no corpus, no training and no music.

Importing it loads no Keras: a network's module is imported when one is built, so that
settings can be checked and checkpoints listed in milliseconds.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from typing import Any, Final

# Read by TensorFlow and JAX when they are loaded, which is later: take of a GPU's memory what is
# needed, not all of it, because a training, a composer and others may share one.
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

_MODULES: Final = {
    "lstm": ("musicgen.networks.lstm", "LSTMNetwork", "LSTMConfig"),
    "transformer": ("musicgen.networks.transformer", "TransformerNetwork", "TransformerConfig"),
    "crnn_gan": ("musicgen.networks.crnn_gan", "GeneratorNetwork", "CRNNGANConfig"),
}

NETWORK_NAMES: Final = ("lstm", "transformer")  # of tokens, learned by likelihood
TONE_NETWORK_NAMES: Final = ("crnn_gan",)  # of continuous tones, learned by a game


class NetworkConfigError(ValueError):
    """A network was asked for that does not exist, or with values that it cannot have."""


def build_network(name: str, config: Mapping[str, Any], *, seed: int = 0) -> Any:
    """Build a network, with all its weights made.

    Args:
        name: one of `NETWORK_NAMES` or `TONE_NETWORK_NAMES`.
        config: what the network's config class reads with `from_json`.
        seed: of the first weights and of dropout.

    Returns:
        The built `keras.Model`.

    Raises:
        NetworkConfigError: unknown name, or a value that the network cannot have.
    """
    if name not in _MODULES:
        raise NetworkConfigError(f"There is no network {name!r}; there are: {', '.join(_MODULES)}.")
    module_name, network_class, config_class = _MODULES[name]
    module = importlib.import_module(module_name)
    return getattr(module, network_class)(getattr(module, config_class).from_json(config), seed=seed)
