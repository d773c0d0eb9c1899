"""Learning on several devices or hosts is learning on one, on every backend that shares the work."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from musicgen.learning import devices
from musicgen.learning.devices import Devices, DevicesError
from tests.musicgen.learning.tiny_corpus import write_tiny_corpus

# One device; then two, or one of each host, stopped on the way by the last host and gone on with.
PROGRAM = """
import json, sys
from dataclasses import replace
from pathlib import Path
import keras
from musicgen.learning.hosts import ALONE, Hosts
corpus, out = map(Path, sys.argv[1:3])
hosts = ALONE
if keras.backend.backend() == "tensorflow":
    import tensorflow as tf
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
elif len(sys.argv) > 3:
    hosts = Hosts.joined(sys.argv[3], int(sys.argv[4]), 2)
from musicgen.learning.train import train
from tests.musicgen.learning.tiny_corpus import TINY
settings = replace(TINY, network=NETWORK, dropout=0.0, heads=2, context=16, max_steps=6, clip_norm=0.05)
if hosts.is_first:
    train(corpus, out / "one", settings, devices=1)
asked = iter([hosts.index == hosts.count - 1 and step == 2 for step in range(6)])
devices, folder = 3 - hosts.count, out / f"many-{hosts.index}"
stopped = train(corpus, folder, settings, devices=devices, should_stop=lambda: next(asked), hosts=hosts)
assert (stopped.state, stopped.step) == ("stopped", 3)
ended = train(corpus, folder, settings, devices=devices, hosts=hosts)
assert (ended.state, ended.step) == ("finished", 6)
assert train(corpus, folder, settings, devices=devices, hosts=hosts).state == "finished"
assert folder.exists() == hosts.is_first
"""


@pytest.mark.parametrize(("backend", "network"), [("tensorflow", "transformer"), ("jax", "lstm")])
def test_it_learns_the_same_on_two_devices(backend: str, network: str, tmp_path: Path) -> None:
    corpus = write_tiny_corpus(tmp_path / "corpus")
    _end_well([_started(backend, network, 2, corpus, tmp_path)])
    _assert_equal_curves(tmp_path)


def test_it_learns_the_same_on_two_hosts(tmp_path: Path) -> None:
    corpus = write_tiny_corpus(tmp_path / "corpus")
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{asking.getsockname()[1]}"
    _end_well([_started("jax", "lstm", 1, corpus, tmp_path, address, str(index)) for index in range(2)])
    _assert_equal_curves(tmp_path)


def _started(backend: str, network: str, devices: int, *arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM.replace("NETWORK", repr(network)), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={
            **os.environ,
            "KERAS_BACKEND": backend,
            "JAX_PLATFORMS": "cpu",
            "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}",
        },
    )


def _end_well(processes: list[subprocess.Popen[str]]) -> None:
    try:
        for process in processes:
            said, _ = process.communicate(timeout=600)
            assert process.returncode == 0, said[-2000:]
    finally:
        for process in processes:
            process.kill()  # the other of two, which would wait for the one that failed
            process.wait()


def _assert_equal_curves(out: Path) -> None:
    places, losses = [], []
    for name in ("one", "many-0"):
        lines = [json.loads(line) for line in (out / name / "metrics.jsonl").read_text().splitlines()]
        told = [
            (line["step"], key, line[key])
            for line in lines
            for key in ("train_loss", "validation_loss")
            if key in line
        ]
        places.append([one[:2] for one in told])
        losses.append(np.array([one[2] for one in told]))
    assert places[0] == places[1]
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-5)
    assert losses[0][-1] < losses[0][0]


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
