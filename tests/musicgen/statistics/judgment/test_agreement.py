"""Shares, agreement and trends, against figures worked out by hand or published."""

import numpy as np
import pytest

from musicgen.statistics.judgment import (
    d_prime,
    jonckheere,
    kendall,
    krippendorff_alpha,
    repeat_consistency,
    shrunken_mean,
    verdict_trend,
    wilson_interval,
)

# Krippendorff's own example (2011, section C): four observers, twelve units, values 1 to 5.
OBSERVERS = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3),
    (None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None),
)


@pytest.mark.parametrize(("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_it_finds_krippendorffs_own_alpha(level, alpha):
    ratings = [
        (str(unit), value)
        for observer in OBSERVERS
        for unit, value in enumerate(observer)
        if value is not None
    ]
    assert krippendorff_alpha(ratings, level) == pytest.approx(alpha, abs=6e-4)


def test_it_knows_no_alpha_where_nothing_was_judged_twice():
    assert krippendorff_alpha([("a", 1), ("b", 2)], "nominal") is None
    assert krippendorff_alpha([("a", 1), ("a", 1)], "nominal") is None


def test_it_finds_wilsons_interval():
    assert wilson_interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson_interval(0, 10)[0] == pytest.approx(0)
    assert wilson_interval(0, 0) == (0, 1)


def test_it_tells_discrimination():
    told = d_prime(84, 100, 16, 100)
    assert told is not None
    assert told.d_prime == pytest.approx(2.0, abs=0.05)  # z(0.84) = 0.994, on both sides
    assert told.low < told.d_prime < told.high
    assert d_prime(50, 100, 50, 100).d_prime == 0
    assert d_prime(0, 0, 5, 10) is None
    assert np.isfinite(d_prime(10, 10, 0, 10).d_prime)


def test_it_draws_few_ratings_to_the_mean():
    assert shrunken_mean(5, 1, 3.0) == pytest.approx(35 / 11)


def test_it_counts_a_turned_answer_as_the_same():
    assert repeat_consistency([(0, 1), (1, 0), (2, 2), (0, 0)]) == 0.75
    assert repeat_consistency([]) is None


def test_it_finds_the_trend_of_the_textbook():
    # Hollander, Wolfe and Chicken (2014), example 6.2: J = 79 of 108, z ≈ 2.02 before ties.
    groups = [[40, 35, 38, 43, 44, 41], [38, 40, 47, 44, 40, 42], [48, 40, 45, 43, 46, 44]]
    found = jonckheere(groups)
    assert found.size == pytest.approx(2 * 79 / 108 - 1)
    assert found.p_value == pytest.approx(2 * 0.0215, abs=3e-3)
    assert jonckheere([[1, 1], [1]]) is None
    assert jonckheere([[1, 2]]) is None


def test_it_finds_kendalls_tau():
    assert kendall([1, 2, 3, 4, 5], [1, 2, 3, 4, 5]).p_value == pytest.approx(2 / 120)
    assert kendall([1, 2], [1, 2]) is None


def test_it_is_as_sure_of_a_trend_as_listeners_are_many():
    # One listener who says the same forty times is one witness, not forty.
    alone = verdict_trend([1] * 40, [10] * 40, [1] * 40, seed=1)
    assert alone.size == 1
    assert alone.p_value > 0.9
    many = verdict_trend(list(range(40)), [10] * 40, [1] * 40, seed=1)
    assert many.p_value < 0.001
    turned = verdict_trend(list(range(40)), [-10] * 40, [-1] * 40, seed=1)
    assert turned.size == 1
    assert verdict_trend([1], [0], [1], seed=1) is None


def test_it_sees_no_trend_in_noise_more_often_than_it_says():
    random = np.random.default_rng(5)
    low = 0
    for seed in range(100):
        people = random.integers(0, 20, 200)
        found = verdict_trend(people, random.choice([-1, 1], 200), random.choice([-1, 0, 1], 200), seed=seed)
        low += found.p_value < 0.05
    assert low <= 12
