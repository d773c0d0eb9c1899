from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from musicgen.networks import NetworkConfigError, build_network
from musicgen.networks.crnn_gan import CRNNGANConfig, DiscriminatorNetwork, GeneratorNetwork

SHAPE = {"layers": 1, "units": 10, "discriminator_units": 6, "noise": 2, "marks": 6, "pitch_marks": 25}
MIXTURE = CRNNGANConfig(**SHAPE)
BOTH = (MIXTURE, CRNNGANConfig(**{**SHAPE, "layers": 2}, tones_per_cell=3, output="direct"))
RANDOM = np.random.default_rng(1)


def noise_for(network: GeneratorNetwork, rows: int = 3, time: int = 4) -> np.ndarray:
    return RANDOM.random((rows, time, network.noise), np.float32)


def cells_for(config: CRNNGANConfig, rows: int = 3, time: int = 4) -> np.ndarray:
    return RANDOM.uniform(-1, 1, (rows, time, config.cell)).astype(np.float32)


@pytest.mark.parametrize("config", BOTH, ids=lambda config: config.output)
def test_it_makes_cells_and_judges_them(config: CRNNGANConfig) -> None:
    network, judge = GeneratorNetwork(config, seed=1), DiscriminatorNetwork(config, seed=1)
    cells, seen, _ = network(noise_for(network))
    assert tuple(cells.shape) == (3, 4, config.cell)
    np.testing.assert_allclose(seen, network.see(cells), atol=1e-5)
    verdicts, last = judge(seen)
    assert tuple(verdicts.shape) == (3,)
    assert tuple(last.shape) == (3, 4, 12)


@pytest.mark.parametrize("config", BOTH, ids=lambda config: config.output)
def test_it_goes_on_where_it_was(config: CRNNGANConfig) -> None:
    network = GeneratorNetwork(config, seed=1)
    noise = noise_for(network)
    whole = network(noise)[0]
    first, _, between = network(noise[:, :2])
    second, _, _ = network(noise[:, 2:], between)
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), whole, atol=1e-5)
    state, made = network.initial_state(3), []
    for time in range(noise.shape[1]):
        cell, state = network.step(noise[:, time], state)
        made.append(np.asarray(cell))
    np.testing.assert_allclose(np.stack(made, axis=1), whole, atol=1e-5)


def test_its_gradients_reach_the_first_step_and_the_choices() -> None:
    """What the loop over time gives must be what the same steps give one by one."""
    network, judge = GeneratorNetwork(MIXTURE, seed=1), DiscriminatorNetwork(MIXTURE, seed=1)
    noise = noise_for(network)

    def looped() -> object:
        return ops.mean(judge(network(noise)[1])[0])

    def one_by_one() -> object:
        state, seen = network.initial_state(3), []
        for time in range(noise.shape[1]):
            _, state = network.step(noise[:, time], state)
            seen.append(state[1])
        return ops.mean(judge(ops.stack(seen, axis=1))[0])

    found = []
    for loss in (looped, one_by_one):
        with tf.GradientTape() as tape:
            value = loss()
        found.append(tape.gradient(value, [variable.value for variable in network.trainable_variables]))
    for variable, ours, expected in zip(network.trainable_variables, *found, strict=True):
        np.testing.assert_allclose(ours, expected, atol=1e-6, err_msg=variable.path)
        if "choice" in variable.path:
            assert np.abs(ours).max() > 1e-7


def test_its_mixture_is_a_density() -> None:
    network = GeneratorNetwork(MIXTURE, seed=1)
    hidden = RANDOM.standard_normal((1, 1, MIXTURE.units)).astype(np.float32)
    cell = cells_for(MIXTURE, 1, 1)
    numbers = np.linspace(-3, 3, 6001, dtype=np.float32)
    for column in range(MIXTURE.cell):
        cells = np.repeat(cell, len(numbers), axis=1)
        cells[0, :, column] = numbers
        nats = network.uttering.nats(np.repeat(hidden, len(numbers), axis=1), cells)
        assert np.trapezoid(np.exp(-np.asarray(nats)[0, :, column]), numbers) == pytest.approx(1.0, abs=1e-3)


def test_it_lays_its_grids_where_the_corpus_is() -> None:
    network = GeneratorNetwork(MIXTURE, seed=1)
    cells = cells_for(MIXTURE, 1, 300)[0]
    cells[:200, 3] = -1.0
    cells[:, 0] = 0.25
    network.place(cells)
    for grid in map(np.asarray, network.lens.grids):
        assert (np.diff(grid) > 0).all()
        assert grid[0] >= -1.0
        assert grid[-1] <= 1.0 + 1e-6
    assert np.isfinite(float(network.next_event_loss(noise_for(network, 1, 300), cells[None])))


def test_it_foretells_from_what_came_before_only() -> None:
    network = GeneratorNetwork(MIXTURE, seed=1)
    cells = cells_for(MIXTURE)
    noise = noise_for(network)
    changed = cells.copy()
    changed[:, 2] = -changed[:, 2]

    def nats(given: np.ndarray) -> np.ndarray:
        return np.array([float(network.next_event_loss(noise[:, :n], given[:, :n])) * n for n in range(1, 5)])

    moved = np.abs(np.diff(nats(cells), prepend=0) - np.diff(nats(changed), prepend=0)) > 1e-4
    assert moved.tolist() == [False] * 2 + [True, True]


@pytest.mark.parametrize("network_class", [GeneratorNetwork, DiscriminatorNetwork])
def test_it_serialises(network_class: type) -> None:
    network = network_class(MIXTURE, seed=3)
    twin = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(network))
    assert [v.path for v in twin.weights] == [v.path for v in network.weights]
    for ours, theirs in zip(twin.weights, network.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_it_runs_in_mixed_precision() -> None:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        mixed = GeneratorNetwork(MIXTURE, seed=3)
    finally:
        keras.config.set_dtype_policy(before)
    cells, _, (memory, _) = mixed(noise_for(mixed))
    assert keras.backend.standardize_dtype(cells.dtype) == "float32"
    assert keras.backend.standardize_dtype(memory.dtype) == "float16"


@pytest.mark.parametrize("wrong", [{"units": 0}, {"output": "none"}, {"noise": True}, {"depth": 3}])
def test_it_refuses_a_shape_that_it_cannot_have(wrong: dict[str, object]) -> None:
    with pytest.raises(NetworkConfigError, match=next(iter(wrong))):
        build_network("crnn_gan", {**MIXTURE.to_json(), **wrong})
