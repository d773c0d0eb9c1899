"""How far a training is: the lines of metrics.jsonl. Loads no Keras."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TrainProgress:
    """One line of metrics.jsonl.

    Attributes:
        step: batches learned so far; `total_steps` if it does not stop early.
        epoch: passes over the training pieces, as a fraction.
        train_loss: mean nats per token since the line before; None if there was no batch between.
        validation_loss: nats per token on the validation pieces, on lines of an evaluation.
        learning_rate: at this step.
        tokens_per_second: learned since the line before; 0 on lines of an evaluation.
        seconds: spent training, over all times it was started.
        at: ISO 8601, UTC.
        checkpoint: name of the checkpoint written, on lines of an evaluation.
        distance, rows_inside, samples, data: of samples made then, as `JudgedSamples` has them;
            None without samples.
    """

    step: int
    total_steps: int
    epoch: float
    train_loss: float | None
    validation_loss: float | None
    learning_rate: float
    tokens_per_second: float
    seconds: float
    at: str
    checkpoint: str | None = None
    distance: float | None = None
    rows_inside: int | None = None
    samples: dict[str, list[float]] | None = None
    data: dict[str, list[float]] | None = None

    def to_json(self) -> dict[str, Any]:
        """The line without what it does not tell."""
        return {name: value for name, value in asdict(self).items() if value is not None}
