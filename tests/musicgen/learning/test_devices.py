"""Learning on two devices is learning on one, on every backend that shares the work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from musicgen.learning import devices
from musicgen.learning.devices import Devices, DevicesError
from tests.musicgen.learning.tiny_corpus import write_tiny_corpus

# Stopped on the way and gone on with, as well, on both devices.
PROGRAM = """
import json, sys
from dataclasses import replace
from pathlib import Path
import keras
if keras.backend.backend() == "tensorflow":
    import tensorflow as tf
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from musicgen.learning.train import train
from tests.musicgen.learning.tiny_corpus import TINY
corpus, out = map(Path, sys.argv[1:])
settings = replace(TINY, network=NETWORK, dropout=0.0, heads=2, context=16, max_steps=12, clip_norm=0.05)
losses, asked = {}, iter([False] * 5 + [True] + [False] * 99)
for name, devices, stop in (("one", 1, None), ("two", 2, lambda: next(asked)), ("two", 2, None)):
    train(corpus, out / name, settings, devices=devices, should_stop=stop)
    lines = [json.loads(line) for line in (out / name / "metrics.jsonl").read_text().splitlines()]
    keys = ("train_loss", "validation_loss")
    losses[name] = [[line["step"], key, line[key]] for line in lines for key in keys if key in line]
print(json.dumps(losses))
"""


@pytest.mark.parametrize(("backend", "network"), [("tensorflow", "transformer"), ("jax", "lstm")])
def test_it_learns_the_same_on_two_devices(backend: str, network: str, tmp_path: Path) -> None:
    corpus = write_tiny_corpus(tmp_path / "corpus")
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM.replace("NETWORK", repr(network)), str(corpus), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "KERAS_BACKEND": backend,
            "JAX_PLATFORMS": "cpu",
            "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
        },
    )
    assert said.returncode == 0, said.stderr[-2000:]
    losses = json.loads(said.stdout.splitlines()[-1])
    assert [line[:2] for line in losses["one"]] == [line[:2] for line in losses["two"]]
    one, two = (np.array([line[2] for line in losses[name]]) for name in ("one", "two"))
    np.testing.assert_allclose(two, one, rtol=1e-5)
    assert one[-1] < one[0]


def test_it_says_what_a_gpu_lacks_to_be_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(devices, "_gpus", list)
    monkeypatch.setattr(devices, "_NVIDIA", (tmp_path / "version",))
    assert devices.idle_gpu() is None
    (tmp_path / "version").touch()
    assert "make setup GPU=1" in str(devices.idle_gpu())
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert devices.idle_gpu() is None


def test_it_says_which_devices_there_are() -> None:
    with pytest.raises(DevicesError, match="There are no 64 devices, only"):
        Devices(64, rows=64)
