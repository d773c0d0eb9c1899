"""What a person chooses about a training. Loads no Keras."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from musicgen.learning.presets import PRESETS
from musicgen.networks import NETWORK_NAMES

_WHOLE: Final = {
    "embedding_dim": (8, 4096),
    "units": (8, 4096),
    "layers": (1, 48),
    "heads": (1, 64),
    "context": (8, 8192),
    "sequence_length": (8, 4096),
    "batch_size": (1, 1024),
    "max_epochs": (1, 10_000),
    "max_steps": (0, 100_000_000),
    "patience": (1, 10_000),
    "accumulation": (1, 1024),
    "samples": (0, 8),
    "seed": (0, 2**63 - 1),
}
_REAL: Final = {
    "dropout": (0.0, 0.9),
    "learning_rate": (1e-6, 1.0),
    "clip_norm": (1e-3, 1e3),
    "averaging": (0.0, 0.9999),
    "task_share": (0.0, 0.5),
}
PRECISIONS: Final = ("float32", "mixed_bfloat16", "mixed_float16")


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
        embedding_dim, layers, dropout: its shape.
        units: of each layer of an LSTM.
        heads, context: of a Transformer: of each attention, and how many tokens it sees.
        sequence_length: tokens in a chunk; gradients flow within one, the state across all.
        batch_size: pieces learned side by side.
        learning_rate: the highest; it rises at the start and falls along a cosine.
        max_epochs: most passes over the training pieces.
        max_steps: most batches; 0 for no such limit.
        patience: evaluations without a better validation loss before stopping.
        clip_norm: longest gradient, over all weights together.
        accumulation: batches whose gradients are put together into one correction.
        averaging: how much of an average of the weights stays from one batch to the next; the
            averaged weights are judged and kept. 0 for the weights as they are.
        precision: what is computed in, one of `PRECISIONS`.
        task_share: of gaps to fill and melodies to accompany, beside the pieces themselves, by
            tokens; for events.
        samples: short pieces composed at each evaluation, from fixed seeds; 0 for none.
        seed: of the first weights, the dropout and the order of pieces.
    """

    network: str = "lstm"
    embedding_dim: int = 256
    units: int = 256
    layers: int = 2
    heads: int = 4
    context: int = 512
    dropout: float = 0.3
    sequence_length: int = 128
    batch_size: int = 32
    learning_rate: float = 2e-3
    max_epochs: int = 20
    max_steps: int = 0
    patience: int = 4
    clip_norm: float = 1.0
    accumulation: int = 1
    averaging: float = 0.0
    precision: str = "float32"
    task_share: float = 0.0
    samples: int = 8
    seed: int = 0

    def __post_init__(self) -> None:
        if self.network not in NETWORK_NAMES:
            raise SettingsError(
                "network", f"network is {self.network!r}, must be one of: {', '.join(NETWORK_NAMES)}."
            )
        if self.precision not in PRECISIONS:
            raise SettingsError(
                "precision", f"precision is {self.precision!r}, must be one of: {PRECISIONS}."
            )
        if self.network == "lstm" and self.layers == 1:
            raise SettingsError("layers", "layers is 1, must be at least 2 for an lstm.")
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
    def from_json(cls, data: Mapping[str, Any], preset: str | None = None) -> TrainSettings:
        """Read what `to_json` wrote; what is left out takes its network's preset, then its default.

        Args:
            data: settings by name.
            preset: of the network; its first one if left out.

        Raises:
            SettingsError: an unknown setting or preset, or a value that cannot be used.
        """
        known = {field.name for field in fields(cls)}
        for name in data:
            if name not in known:
                raise SettingsError(name, f"There is no training setting {name!r}.")
        presets = PRESETS.get(data.get("network", "lstm"), {})
        if preset is not None and preset not in presets:
            known_presets = ", ".join(presets) or "none"
            raise SettingsError(
                "preset", f"There is no preset {preset!r} of this network; known: {known_presets}."
            )
        return cls(**{**presets.get(preset or next(iter(presets), ""), {}), **data})

    def network_config(self, vocabulary_size: int, front_length: int) -> dict[str, Any]:
        """The shape of the network, as `build_network` reads it.

        Args:
            vocabulary_size: number of tokens.
            front_length: of them stand before the music and are to stay in view.
        """
        if self.network == "transformer":
            return {
                "vocabulary_size": vocabulary_size,
                "width": self.embedding_dim,
                "layers": self.layers,
                "heads": self.heads,
                "context": self.context,
                "prefix": front_length,
                "dropout": float(self.dropout),
            }
        return {
            "vocabulary_size": vocabulary_size,
            "embedding_dim": self.embedding_dim,
            "units": self.units,
            "layers": self.layers,
            "dropout": float(self.dropout),
        }
