from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from musicgen.learning.checkpoint import (
    CheckpointError,
    CheckpointInfo,
    add_metrics,
    load_network,
    read_checkpoint,
    read_weights,
    weights_of,
    write_checkpoint,
)
from musicgen.networks import build_network

CONFIG = {"vocabulary_size": 9, "embedding_dim": 4, "units": 5, "layers": 2, "dropout": 0.0}
INFO = CheckpointInfo(
    network="lstm",
    config=CONFIG,
    vocabulary={"representation": "chords"},
    corpus_hash="abc",
    step=12,
    epoch=0.5,
    metrics={"validation": {"nats_per_token": 1.5}},
    seed=7,
    settings={"units": 5},
)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    folder = tmp_path / "step-00000012"
    write_checkpoint(folder, INFO, weights_of(build_network("lstm", CONFIG, seed=1)))
    return folder


def test_it_keeps_everything_needed_to_compose(checkpoint: Path) -> None:
    info = read_checkpoint(checkpoint)
    for name in (
        "network",
        "config",
        "vocabulary",
        "corpus_hash",
        "step",
        "epoch",
        "metrics",
        "seed",
        "settings",
    ):
        assert getattr(info, name) == getattr(INFO, name)
    assert info.parameters == sum(array.size for array in read_weights(checkpoint).values())
    assert sorted(path.name for path in checkpoint.iterdir()) == ["checkpoint.json", "weights.safetensors"]


def test_it_gives_back_the_same_network(checkpoint: Path) -> None:
    tokens = np.array([[1, 2, 3]], np.int32)
    expected, _ = build_network("lstm", CONFIG, seed=1)(tokens)
    np.testing.assert_array_equal(load_network(checkpoint)(tokens)[0], expected)


def test_it_halves_weights_when_asked(checkpoint: Path, tmp_path: Path) -> None:
    half = tmp_path / "half"
    info = write_checkpoint(half, INFO, read_weights(checkpoint), half=True)
    assert info.dtype == "float16"
    sizes = [(folder / "weights.safetensors").stat().st_size for folder in (half, checkpoint)]
    assert sizes[0] < 0.75 * sizes[1]  # names and shapes take their room in both
    for name, array in read_weights(half).items():
        np.testing.assert_allclose(array, read_weights(checkpoint)[name], atol=1e-3)


def test_it_replaces_a_checkpoint_of_the_same_name(checkpoint: Path) -> None:
    write_checkpoint(checkpoint, INFO, weights_of(build_network("lstm", CONFIG, seed=2)))
    assert [path.name for path in checkpoint.parent.iterdir()] == [checkpoint.name]
    expected = weights_of(build_network("lstm", CONFIG, seed=2))
    for name, array in read_weights(checkpoint).items():
        np.testing.assert_array_equal(array, expected[name])


def test_it_adds_metrics_later(checkpoint: Path) -> None:
    add_metrics(checkpoint, {"test": {"nats_per_token": 1.6}})
    metrics = read_checkpoint(checkpoint).metrics
    assert metrics == {"validation": {"nats_per_token": 1.5}, "test": {"nats_per_token": 1.6}}


def test_it_notices_damaged_weights(checkpoint: Path) -> None:
    path = checkpoint / "weights.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match="SHA-256"):
        load_network(checkpoint)


def test_it_notices_a_changed_description(checkpoint: Path) -> None:
    path = checkpoint / "checkpoint.json"
    content = json.loads(path.read_text())
    content["step"] = 13
    path.write_text(json.dumps(content))
    with pytest.raises(CheckpointError, match="digest"):
        read_checkpoint(checkpoint)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format_version": 99}', "\udcff"])
def test_it_refuses_what_is_no_description(checkpoint: Path, text: str) -> None:
    (checkpoint / "checkpoint.json").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(CheckpointError, match=r"checkpoint\.json"):
        read_checkpoint(checkpoint)


def test_it_says_what_to_name_where_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="is no checkpoint"):
        read_checkpoint(tmp_path)


def test_it_refuses_weights_of_another_shape(checkpoint: Path) -> None:
    other = weights_of(build_network("lstm", {**CONFIG, "units": 6}))
    write_checkpoint(checkpoint, INFO, other)
    with pytest.raises(CheckpointError, match="lstm_0"):
        load_network(checkpoint)


def test_it_reads_a_description_without_keras(checkpoint: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from musicgen.learning import read_checkpoint; "
        f"assert read_checkpoint(Path({str(checkpoint)!r})).step == 12; "
        "assert not {'keras', 'tensorflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
