"""What a person chooses about a training. Loads no Keras."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from musicgen.networks import NETWORK_NAMES

_WHOLE: Final = {
    "embedding_dim": (8, 4096),
    "units": (8, 4096),
    "layers": (2, 8),
    "sequence_length": (8, 4096),
    "batch_size": (1, 1024),
    "max_epochs": (1, 10_000),
    "patience": (1, 10_000),
    "seed": (0, 2**63 - 1),
}
_REAL: Final = {"dropout": (0.0, 0.9), "learning_rate": (1e-6, 1.0), "clip_norm": (1e-3, 1e3)}


class SettingsError(ValueError):
    """A training setting cannot be used.

    Attributes:
        field: the setting's name.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """How to train which network.

    Attributes:
        network: its name.
        embedding_dim, units, layers, dropout: its shape.
        sequence_length: tokens in a chunk; gradients flow within one, the state across all.
        batch_size: pieces learned side by side.
        learning_rate: the highest; it rises at the start and falls along a cosine.
        max_epochs: most passes over the training pieces.
        patience: evaluations without a better validation loss before stopping.
        clip_norm: longest gradient, over all weights together.
        seed: of the first weights, the dropout and the order of pieces.
    """

    network: str = "lstm"
    embedding_dim: int = 256
    units: int = 256
    layers: int = 2
    dropout: float = 0.3
    sequence_length: int = 128
    batch_size: int = 32
    learning_rate: float = 2e-3
    max_epochs: int = 20
    patience: int = 4
    clip_norm: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.network not in NETWORK_NAMES:
            raise SettingsError(
                "network", f"network is {self.network!r}, must be one of: {', '.join(NETWORK_NAMES)}."
            )
        for name, (low, high) in _WHOLE.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise SettingsError(
                    name, f"{name} is {value!r}, must be a whole number from {low} to {high}."
                )
        for name, (lowest, highest) in _REAL.items():
            value = getattr(self, name)
            if (
                isinstance(value, bool)
                or not isinstance(value, int | float)
                or not lowest <= value <= highest
            ):
                raise SettingsError(
                    name, f"{name} is {value!r}, must be a number from {lowest} to {highest}."
                )

    def to_json(self) -> dict[str, Any]:
        """The settings as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TrainSettings:
        """Read what `to_json` wrote; what is left out takes its default.

        Raises:
            SettingsError: an unknown setting, or a value that cannot be used.
        """
        known = {field.name for field in fields(cls)}
        for name in data:
            if name not in known:
                raise SettingsError(name, f"There is no training setting {name!r}.")
        return cls(**data)

    def network_config(self, vocabulary_size: int) -> dict[str, Any]:
        """The shape of the network for a vocabulary, as `build_network` reads it."""
        return {
            "vocabulary_size": vocabulary_size,
            "embedding_dim": self.embedding_dim,
            "units": self.units,
            "layers": self.layers,
            "dropout": float(self.dropout),
        }
