"""Checkpoints: a folder with weights (safetensors) and everything needed to compose (JSON).

Never pickle: reading a checkpoint runs no code from it. Keras is loaded only by `load_network`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import safetensors
import safetensors.numpy

from musicgen.learning.durable import write_folder, write_json
from musicgen.networks import NetworkConfigError, build_network

FORMAT_VERSION: Final = 1
INFO_NAME: Final = "checkpoint.json"
WEIGHTS_NAME: Final = "weights.safetensors"
_MAX_INFO_BYTES: Final = 32 * 2**20  # a vocabulary of 100,000 chords is under 4 MiB

Weights = dict[str, npt.NDArray[Any]]


class CheckpointError(ValueError):
    """A folder is no checkpoint, or one that is damaged or of another version."""


@dataclass(frozen=True, slots=True)
class CheckpointInfo:
    """What a checkpoint's JSON says.

    Attributes:
        network, config: the network's name and shape.
        vocabulary: the vocabulary's JSON, with the representation's name in it.
        corpus_hash: of the corpus it learned from.
        step: batches learned.
        epoch: passes over the training pieces, as a fraction.
        metrics: by split ("validation", "test"), nats per token and per note and baselines.
        seed: of the run.
        settings: the run's settings.
        parameters: number of weights.
        dtype: of the stored weights, "float32" or "float16".
        weights_sha256: of the weights file.
        created_at: ISO 8601, UTC.
        is_best: whether it is the best of its run; None where the run was not over when it was written.
    """

    network: str
    config: dict[str, Any]
    vocabulary: dict[str, Any]
    corpus_hash: str
    step: int
    epoch: float
    metrics: dict[str, Any]
    seed: int
    settings: dict[str, Any]
    parameters: int = 0
    dtype: str = "float32"
    weights_sha256: str = ""
    created_at: str = ""
    is_best: bool | None = None

    def to_json(self) -> dict[str, Any]:
        """The content of checkpoint.json, with a digest over all of it."""
        content: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        if self.is_best is None:
            del content["is_best"]
        content["format_version"] = FORMAT_VERSION
        content["digest"] = _digest(content)
        return content


def write_checkpoint(
    folder: Path, info: CheckpointInfo, weights: Weights, *, half: bool = False
) -> CheckpointInfo:
    """Write a checkpoint so that it is whole or not there; one of the same name is replaced.

    Args:
        folder: where.
        info: its description; the fields about the weights file and the time are filled in.
        weights: arrays by name.
        half: store float16, half the bytes.

    Returns:
        The description as written.
    """
    dtype = np.dtype(np.float16 if half else np.float32)
    data = safetensors.numpy.save({name: np.ascontiguousarray(w, dtype) for name, w in weights.items()})
    written = replace(
        info,
        parameters=sum(int(array.size) for array in weights.values()),
        dtype=dtype.name,
        weights_sha256=hashlib.sha256(data).hexdigest(),
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    write_folder(
        folder,
        {
            WEIGHTS_NAME: data,
            INFO_NAME: json.dumps(written.to_json(), indent=1, sort_keys=True).encode() + b"\n",
        },
    )
    return written


def add_metrics(folder: Path, metrics: Mapping[str, Any]) -> CheckpointInfo:
    """Add figures to a checkpoint's description; the weights stay."""
    info = read_checkpoint(folder)
    info = replace(info, metrics={**info.metrics, **metrics})
    write_json(folder / INFO_NAME, info.to_json())
    return info


def read_checkpoint(folder: Path) -> CheckpointInfo:
    """Read a checkpoint's description; not its weights, and without Keras.

    Raises:
        CheckpointError: no checkpoint, damaged, or of another version.
    """
    path = folder / INFO_NAME
    try:
        if path.stat().st_size > _MAX_INFO_BYTES:
            raise CheckpointError(
                f"{path} is larger than any checkpoint's description; take another checkpoint."
            )
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise CheckpointError(
            f"{folder} is no checkpoint: it has no {INFO_NAME}. Name a checkpoint's folder, a run's "
            "folder that has at least one checkpoint, or a shipped checkpoint."
        ) from None
    except (OSError, ValueError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(f"{path} cannot be read ({error}); take an earlier checkpoint.") from None
    if not isinstance(content, dict) or content.get("format_version") != FORMAT_VERSION:
        raise CheckpointError(
            f"{path} is not of checkpoint format {FORMAT_VERSION}; train it again with this version."
        )
    if content.pop("digest", None) != _digest(content):
        raise CheckpointError(f"{path} is damaged: its digest does not match; take an earlier checkpoint.")
    del content["format_version"]
    try:
        return CheckpointInfo(**content)
    except TypeError as error:
        raise CheckpointError(
            f"{path} lacks what a checkpoint needs ({error}); take another checkpoint."
        ) from None


def read_weights(folder: Path, info: CheckpointInfo | None = None) -> Weights:
    """Read and check a checkpoint's weights.

    Returns:
        float32 arrays by name.

    Raises:
        CheckpointError: missing, or not the bytes whose SHA-256 the description names.
    """
    info = info or read_checkpoint(folder)
    path = folder / WEIGHTS_NAME
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read ({error}); take an earlier checkpoint.") from None
    if hashlib.sha256(data).hexdigest() != info.weights_sha256:
        raise CheckpointError(
            f"{path} is damaged: its SHA-256 is not the one written; take an earlier checkpoint."
        )
    try:
        return {name: array.astype(np.float32) for name, array in safetensors.numpy.load(data).items()}
    except (safetensors.SafetensorError, ValueError) as error:
        raise CheckpointError(f"{path} holds no weights ({error}); take another checkpoint.") from None


def load_network(folder: Path) -> Any:
    """The network of a checkpoint with its weights, ready to compose. Loads Keras.

    Raises:
        CheckpointError: damaged, or the weights do not fit the network named.
    """
    info = read_checkpoint(folder)
    weights = read_weights(folder, info)
    try:
        network = build_network(info.network, info.config)
    except NetworkConfigError as error:
        raise CheckpointError(
            f"{folder} describes a network that this version cannot build: {error}"
        ) from None
    put_weights(network, weights)
    return network


def weights_of(network: Any) -> Weights:
    """A network's weights as float32 arrays by name."""
    return {variable.path: np.asarray(variable, np.float32) for variable in network.weights}


def put_weights(network: Any, weights: Weights) -> None:
    """Set a network's weights by name.

    Raises:
        CheckpointError: names or shapes that are not the network's.
    """
    expected = {variable.path: tuple(variable.shape) for variable in network.weights}
    given = {name: array.shape for name, array in weights.items()}
    if expected != given:
        wrong = sorted(
            name for name in expected.keys() | given.keys() if expected.get(name) != given.get(name)
        )
        raise CheckpointError(
            f"The weights do not fit the network: {', '.join(wrong)} differ; "
            "take the checkpoint as it was written."
        )
    for variable in network.weights:
        variable.assign(weights[variable.path])


def _digest(content: Mapping[str, Any]) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
