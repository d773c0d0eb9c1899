from __future__ import annotations

import keras
import numpy as np
import pytest

from musicgen.sampling.choice import choose_tokens
from musicgen.sampling.kinds import Kinds

PROBABILITIES = np.array([0.05, 0.4, 0.0, 0.25, 0.3], np.float32)


def _shares(
    *,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    min_p: float = 0.0,
    probabilities: np.ndarray = PROBABILITIES,
    kinds: Kinds | None = None,
) -> np.ndarray:
    """How often each token is chosen when the uniform numbers are spread evenly."""
    uniforms = (np.arange(4000, dtype=np.float32) + 0.5) / 4000
    with np.errstate(divide="ignore"):
        logits = np.log(probabilities)
    tokens = keras.ops.convert_to_numpy(
        choose_tokens(
            keras.ops.convert_to_tensor(np.tile(logits, (4000, 1))),
            keras.ops.convert_to_tensor(uniforms),
            temperature=np.float32(temperature),
            top_k=np.int32(top_k),
            top_p=np.float32(top_p),
            min_p=np.float32(min_p),
            kinds=kinds,
        )
    )
    return np.bincount(tokens, minlength=len(probabilities)) / 4000


def test_it_draws_by_probability_and_never_the_forbidden() -> None:
    np.testing.assert_allclose(_shares(), PROBABILITIES, atol=1e-3)
    assert _shares()[2] == 0


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_it_sharpens_or_flattens_by_temperature(temperature: float) -> None:
    powered = PROBABILITIES ** (1 / temperature)
    np.testing.assert_allclose(_shares(temperature=temperature), powered / powered.sum(), atol=1e-3)


def test_it_keeps_the_likeliest_few() -> None:
    np.testing.assert_allclose(_shares(top_k=2), [0, 4 / 7, 0, 0, 3 / 7], atol=1e-3)
    np.testing.assert_allclose(_shares(top_k=1), [0, 1, 0, 0, 0])


def test_it_keeps_the_fewest_that_hold_the_share() -> None:
    np.testing.assert_allclose(_shares(top_p=0.69), [0, 4 / 7, 0, 0, 3 / 7], atol=1e-3)
    np.testing.assert_allclose(_shares(top_p=0.71), np.array([0, 0.4, 0, 0.25, 0.3]) / 0.95, atol=1e-3)
    np.testing.assert_allclose(_shares(top_p=0.01), [0, 1, 0, 0, 0])


def test_it_takes_the_share_of_what_top_k_left() -> None:
    # Of 0.4 and 0.3, the first alone holds 57 %.
    np.testing.assert_allclose(_shares(top_k=2, top_p=0.56), [0, 1, 0, 0, 0])
    np.testing.assert_allclose(_shares(top_k=2, top_p=0.58), [0, 4 / 7, 0, 0, 3 / 7], atol=1e-3)


def test_it_keeps_what_is_likely_enough_beside_the_likeliest() -> None:
    np.testing.assert_allclose(_shares(min_p=0.7), [0, 4 / 7, 0, 0, 3 / 7], atol=1e-3)
    np.testing.assert_allclose(_shares(min_p=0.1), PROBABILITIES, atol=1e-3)


def test_it_keeps_all_equals_at_the_edge() -> None:
    equal = np.array([0.25, 0.25, 0.25, 0.25], np.float32)
    np.testing.assert_allclose(_shares(top_p=0.3, probabilities=equal), equal, atol=1e-3)


@pytest.mark.parametrize("uniform", [0.0, np.nextafter(np.float32(1), np.float32(0))])
def test_it_never_leaves_the_kept_at_the_ends_of_the_range(uniform: float) -> None:
    random = np.random.default_rng(0)
    logits = random.normal(0, 4, (200, 500)).astype(np.float32)
    logits[:, :50] = logits[:, -50:] = -np.inf
    tokens = keras.ops.convert_to_numpy(
        choose_tokens(
            keras.ops.convert_to_tensor(logits),
            keras.ops.convert_to_tensor(np.full(200, uniform, np.float32)),
            temperature=np.float32(1),
            top_k=np.int32(0),
            top_p=np.float32(0.9),
        )
    )
    assert np.isfinite(logits[np.arange(200), tokens]).all()


def test_it_leaves_each_kind_its_share_and_chooses_boldly_within_it() -> None:
    kinds = Kinds(np.array([0, 0, 1, 1, 2], np.int32), (0.5, 1.0, 1.0))
    probabilities = np.array([0.1, 0.2, 0.0, 0.0, 0.7], np.float32)
    np.testing.assert_allclose(
        _shares(probabilities=probabilities, kinds=kinds), [0.06, 0.24, 0, 0, 0.7], atol=1e-3
    )
    spread = np.array([0.3, 0.3, 0.15, 0.25, 0.0], np.float32)
    np.testing.assert_allclose(
        _shares(probabilities=spread, kinds=kinds, top_k=1, temperature=0.2)[2:], [0, 0.4, 0], atol=1e-3
    )
    np.testing.assert_allclose(
        _shares(probabilities=spread, kinds=kinds, top_p=0.6), [0.3, 0.3, 0, 0.4, 0], atol=1e-3
    )
