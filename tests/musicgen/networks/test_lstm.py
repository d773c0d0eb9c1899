from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest

from musicgen.networks import NetworkConfigError, build_network
from musicgen.networks.lstm import LSTMConfig, LSTMNetwork

CONFIG = LSTMConfig(vocabulary_size=11, embedding_dim=6, units=8, layers=3, dropout=0.4)
TOKENS = np.random.default_rng(1).integers(0, 11, (3, 12)).astype(np.int32)


@pytest.fixture(scope="module")
def network() -> LSTMNetwork:
    return LSTMNetwork(CONFIG, seed=3)


def test_it_gives_logits_and_a_state_of_the_promised_shapes(network: LSTMNetwork) -> None:
    logits, state = network(TOKENS)
    assert tuple(logits.shape) == (3, 12, 11)
    assert tuple(state.shape) == tuple(network.initial_state(3).shape) == (3, 2, 3, 8)


def test_it_carries_its_state_from_chunk_to_chunk(network: LSTMNetwork) -> None:
    whole, end = network(TOKENS)
    first, between = network(TOKENS[:, :5])
    second, end_of_second = network(TOKENS[:, 5:], between)
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), whole, atol=1e-6)
    np.testing.assert_allclose(end_of_second, end, atol=1e-6)


def test_it_steps_as_it_reads(network: LSTMNetwork) -> None:
    whole, _ = network(TOKENS)
    state = network.initial_state(3)
    for time in range(TOKENS.shape[1]):
        logits, state = network.step(TOKENS[:, time], state)
        np.testing.assert_allclose(logits, whole[:, time], atol=1e-5)


def test_it_does_not_look_ahead(network: LSTMNetwork) -> None:
    changed = TOKENS.copy()
    changed[:, 7:] = (changed[:, 7:] + 1) % 11
    np.testing.assert_array_equal(network(changed)[0][:, :7], network(TOKENS)[0][:, :7])


def test_it_drops_only_while_training(network: LSTMNetwork) -> None:
    calm, _ = network(TOKENS)
    np.testing.assert_array_equal(network(TOKENS, training=False)[0], calm)
    assert np.abs(network(TOKENS, training=True)[0] - calm).max() > 1e-3


def test_it_serialises(network: LSTMNetwork) -> None:
    twin = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(network))
    assert [v.path for v in twin.weights] == [v.path for v in network.weights]
    np.testing.assert_allclose(twin(TOKENS)[0], network(TOKENS)[0], atol=1e-6)


def test_it_starts_from_its_seed() -> None:
    same, other = LSTMNetwork(CONFIG, seed=3), LSTMNetwork(CONFIG, seed=4)
    reference = LSTMNetwork(CONFIG, seed=3)(TOKENS)[0]
    np.testing.assert_array_equal(same(TOKENS)[0], reference)
    assert np.abs(other(TOKENS)[0] - reference).max() > 1e-3


def test_it_ties_its_output_to_its_embedding(network: LSTMNetwork) -> None:
    names = {variable.path.removeprefix("lstm/"): tuple(variable.shape) for variable in network.weights}
    assert names["embedding/embeddings"] == (11, 6)
    assert [name for name, shape in names.items() if 11 in shape] == ["output_bias", "embedding/embeddings"]


def test_it_learns_in_a_training_step() -> None:
    class Reading(keras.Model):
        def __init__(self, network: LSTMNetwork) -> None:
            super().__init__()
            self.network = network

        def call(self, tokens: object, training: bool | None = None) -> object:
            return self.network(tokens, training=training)[0]

    model = Reading(LSTMNetwork(replace(CONFIG, dropout=0.1), seed=3))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(0.05), loss=loss)
    losses = [float(model.train_on_batch(TOKENS, np.roll(TOKENS, -1, axis=1))) for _ in range(40)]
    assert losses[-1] < 0.65 * losses[0]


def test_it_runs_in_mixed_precision() -> None:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        mixed = LSTMNetwork(CONFIG, seed=3)
    finally:
        keras.config.set_dtype_policy(before)
    logits, state = mixed(TOKENS)
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"
    assert keras.backend.standardize_dtype(state.dtype) == "float16"
    np.testing.assert_allclose(logits, LSTMNetwork(CONFIG, seed=3)(TOKENS)[0], atol=0.05)


def test_it_reads_its_config_back() -> None:
    assert LSTMConfig.from_json(CONFIG.to_json()) == CONFIG


@pytest.mark.parametrize(
    "wrong",
    [{"units": 0}, {"layers": 1}, {"dropout": 1.0}, {"vocabulary_size": 1}, {"units": True}, {"depth": 3}],
)
def test_it_refuses_a_shape_that_it_cannot_have(wrong: dict[str, object]) -> None:
    with pytest.raises(NetworkConfigError, match=next(iter(wrong))):
        build_network("lstm", {**CONFIG.to_json(), **wrong})


def test_it_names_the_networks_there_are() -> None:
    with pytest.raises(NetworkConfigError, match=r"'gru'.*lstm"):
        build_network("gru", {})
