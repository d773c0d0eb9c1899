"""What every network of tokens promises; `musicgen.learning` and `musicgen.sampling` rest on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import keras
import numpy as np
import pytest

from musicgen.networks import build_network

SHAPES = {
    "lstm": {"vocabulary_size": 11, "embedding_dim": 8, "units": 8, "layers": 3, "dropout": 0.2},
    "transformer": {
        "vocabulary_size": 11,
        "width": 8,
        "layers": 2,
        "heads": 2,
        "context": 6,
        "prefix": 3,
        "dropout": 0.2,
    },
}
TOKENS = np.random.default_rng(1).integers(0, 11, (3, 20)).astype(np.int32)
NETWORKS = pytest.mark.parametrize("name", SHAPES)
PROGRAM = """
import json, sys
import numpy as np
from tests.musicgen.networks.test_contract import SHAPES, read_and_stepped
print(json.dumps({name: [one.tolist() for one in read_and_stepped(name)] for name in SHAPES}))
"""


def network_of(name: str, **changes: Any) -> Any:
    """A network with weights large enough to tell one token from another."""
    network = build_network(name, {**SHAPES[name], **changes}, seed=3)
    generator = np.random.default_rng(0)
    for variable in network.weights:
        variable.assign(generator.normal(0, 0.3, tuple(variable.shape)).astype(np.float32))
    return network


def read_and_stepped(name: str) -> list[np.ndarray]:
    """Logits of reading all tokens, and of one step after them."""
    network = network_of(name)
    logits, state = network(TOKENS)
    return [np.asarray(logits), np.asarray(network.step(TOKENS[:, 0], state)[0])]


def leaves(state: Any) -> list[np.ndarray]:
    return [np.asarray(one) for one in keras.tree.flatten(state)]


@NETWORKS
def test_it_gives_logits_and_a_state_like_the_first(name: str) -> None:
    network = network_of(name)
    logits, state = network(TOKENS)
    assert tuple(logits.shape) == (3, 20, 11)
    first = network.initial_state(3)
    assert [one.shape for one in leaves(state)] == [one.shape for one in leaves(first)]
    assert [one.dtype for one in leaves(state)] == [one.dtype for one in leaves(first)]


@NETWORKS
@pytest.mark.parametrize("chunk", [1, 2, 5, 9])
def test_it_reads_in_chunks_as_at_once(name: str, chunk: int) -> None:
    network = network_of(name)
    whole, _ = network(TOKENS)
    state, found = network.initial_state(3), []
    for start in range(0, 20, chunk):
        logits, state = network(TOKENS[:, start : start + chunk], state)
        found.append(logits)
    np.testing.assert_allclose(np.concatenate(found, axis=1), whole, atol=1e-5)


@NETWORKS
def test_it_steps_as_it_reads(name: str) -> None:
    network = network_of(name)
    whole, _ = network(TOKENS)
    state = network.initial_state(3)
    for time in range(20):
        logits, state = network.step(TOKENS[:, time], state)
        np.testing.assert_allclose(logits, whole[:, time], atol=1e-5)


@NETWORKS
def test_it_forgets_only_the_rows_that_begin_anew(name: str) -> None:
    network = network_of(name)
    _, state = network(TOKENS[:, :10])
    logits, _ = network(TOKENS[:, 10:], network.forget(state, np.array([0.0, 1.0, 0.0], np.float32)))
    on, _ = network(TOKENS[:, 10:], state)
    anew, _ = network(TOKENS[:, 10:])
    np.testing.assert_allclose(logits[1], anew[1], atol=1e-5)
    np.testing.assert_allclose(np.asarray(logits)[[0, 2]], np.asarray(on)[[0, 2]], atol=1e-5)
    assert np.abs(np.asarray(on) - np.asarray(anew)).max() > 1e-3


@NETWORKS
def test_it_does_not_look_ahead(name: str) -> None:
    network, changed = network_of(name), TOKENS.copy()
    changed[:, 7:] = (changed[:, 7:] + 1) % 11
    np.testing.assert_array_equal(network(changed)[0][:, :7], network(TOKENS)[0][:, :7])


@NETWORKS
def test_it_serialises(name: str) -> None:
    network = network_of(name)
    twin = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(network))
    assert [v.path for v in twin.weights] == [v.path for v in network.weights]
    assert len({v.path for v in network.weights}) == len(network.weights)
    twin.set_weights(network.get_weights())
    np.testing.assert_allclose(twin(TOKENS)[0], network(TOKENS)[0], atol=1e-6)


@NETWORKS
def test_it_starts_from_its_seed(name: str) -> None:
    logits = [np.asarray(build_network(name, SHAPES[name], seed=seed)(TOKENS)[0]) for seed in (3, 3, 4)]
    np.testing.assert_array_equal(logits[0], logits[1])
    assert np.abs(logits[0] - logits[2]).max() > 1e-4


@NETWORKS
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_it_learns_from_every_weight_in_a_training_step(name: str, policy: str) -> None:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        network = build_network(name, SHAPES[name], seed=3)

        class Reading(keras.Model):
            def __init__(self) -> None:
                super().__init__()
                self.network = network

            def call(self, tokens: Any, training: bool | None = None) -> Any:
                return self.network(tokens, training=training)[0]

        model = Reading()
    finally:
        keras.config.set_dtype_policy(before)
    logits = model(TOKENS)
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(0.03), loss=loss)
    weights = [np.asarray(variable) for variable in network.trainable_weights]
    losses = [float(model.train_on_batch(TOKENS, np.roll(TOKENS, -1, axis=1))) for _ in range(30)]
    assert losses[-1] < 0.8 * losses[0]
    for before_it, variable in zip(weights, network.trainable_weights, strict=True):
        assert np.abs(np.asarray(variable) - before_it).max() > 0, variable.path


def test_it_gives_the_same_under_jax() -> None:
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
    )
    on_jax = json.loads(said.stdout.splitlines()[-1])
    for name in SHAPES:
        for ours, theirs in zip(read_and_stepped(name), on_jax[name], strict=True):
            np.testing.assert_allclose(theirs, ours, atol=1e-5)
