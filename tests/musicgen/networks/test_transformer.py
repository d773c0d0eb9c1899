from __future__ import annotations

import numpy as np
import pytest

from musicgen.networks import NetworkConfigError, build_network
from musicgen.networks.transformer import TransformerConfig
from tests.musicgen.networks.test_contract import SHAPES, TOKENS, network_of


def test_it_sees_its_context_and_its_prefix_and_nothing_between() -> None:
    """With one block; several see further, each by another context."""
    network = network_of("transformer", layers=1)
    whole = np.asarray(network(TOKENS)[0])
    for place, is_seen in ((0, True), (2, True), (3, False), (13, False), (14, True), (19, True)):
        changed = TOKENS.copy()
        changed[:, place] = (changed[:, place] + 1) % 11
        difference = np.abs(np.asarray(network(changed)[0])[:, 19] - whole[:, 19]).max()
        assert (difference > 1e-4) == is_seen, place


@pytest.mark.parametrize("chunk", [4, 7, 15, 18])
def test_it_takes_a_prompt_in_padded_chunks(chunk: int) -> None:
    """Shorter and longer than its context, with padding that it must not remember."""
    network = network_of("transformer")
    whole, _ = network(TOKENS)
    state = network.initial_state(3)
    for begin in range(0, 15, chunk):
        count = min(chunk, 15 - begin)
        padded = np.zeros((3, chunk), np.int32)
        padded[:, :count] = TOKENS[:, begin : begin + count]
        state = network.prefill(padded, np.int32(count), state)
    for time in range(15, 20):
        logits, state = network.step(TOKENS[:, time], state)
        np.testing.assert_allclose(logits, whole[:, time], atol=1e-5)


def test_its_first_predictions_are_nearly_even() -> None:
    logits = np.asarray(build_network("transformer", SHAPES["transformer"])(TOKENS)[0])
    assert np.abs(logits).max() < 0.5


def test_it_reads_its_config_back() -> None:
    config = TransformerConfig(**SHAPES["transformer"])
    assert TransformerConfig.from_json(config.to_json()) == config


@pytest.mark.parametrize(
    "wrong", [{"width": 10}, {"layers": 0}, {"dropout": 1.0}, {"prefix": -1}, {"heads": True}, {"depth": 3}]
)
def test_it_refuses_a_shape_that_it_cannot_have(wrong: dict[str, object]) -> None:
    with pytest.raises(NetworkConfigError, match=next(iter(wrong))):
        build_network("transformer", {**SHAPES["transformer"], **wrong})
