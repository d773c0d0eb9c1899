"""Overlapping area and divergence, against the plain definition and at their ends."""

import numpy as np
import pytest
from scipy.stats import gaussian_kde

from musicgen.statistics import divergence


def plainly(a, b):
    """The definition worked out on lists of distances: (overlap, KLD) of A."""
    within = np.array([abs(x - y) for i, x in enumerate(a) for y in a[i + 1 :]])
    between = np.array([abs(x - y) for x in a for y in b])
    grid = np.linspace(-within.max(), 2 * between.max(), 20_000)
    p, q = gaussian_kde(within)(grid), gaussian_kde(between)(grid)
    step = grid[1] - grid[0]
    overlap = np.minimum(p, q).sum() * step
    p, q = p + 1e-12, q + 1e-12
    return overlap, (p / p.sum() * np.log((p / p.sum()) / (q / q.sum()))).sum()


@pytest.mark.parametrize("shift", [0.0, 1.0, 3.0])
def test_it_agrees_with_the_definition(shift):
    generator = np.random.default_rng(1)
    a, b = generator.normal(0, 1, 60), generator.normal(shift, 1.5, 40)
    overlap, kld = plainly(a, b)
    found = divergence(a.tolist(), b.tolist())
    assert found.overlap_a == pytest.approx(overlap, abs=0.003)
    assert found.kld_a == pytest.approx(kld, rel=0.03, abs=0.002)
    assert (found.count_a, found.count_b, found.reason) == (60, 40, "")
    turned = divergence(b.tolist(), a.tolist())
    assert (turned.overlap_b, turned.kld_b) == pytest.approx((found.overlap_a, found.kld_a))


def test_it_finds_halves_of_one_set_alike_as_published():
    values = np.random.default_rng(2).gamma(4.0, 2.0, 200)
    found = divergence(values[:100].tolist(), values[100:].tolist())
    assert found.overlap_a > 0.89
    assert found.kld_a < 0.042


def test_it_finds_sets_that_share_nothing_apart():
    a = np.random.default_rng(3).normal(0, 1, 50)
    found = divergence(a.tolist(), (a + 100).tolist())
    assert found.overlap_a < 0.01
    assert found.overlap_b < 0.01
    assert found.kld_a > 5


def test_it_is_blind_to_the_unit():
    generator = np.random.default_rng(4)
    a, b = generator.normal(0, 1, 50), generator.normal(0.5, 1, 50)
    plain, scaled = divergence(a.tolist(), b.tolist()), divergence((a * 1e6).tolist(), (b * 1e6).tolist())
    assert scaled.overlap_a == pytest.approx(plain.overlap_a, abs=1e-6)
    assert scaled.kld_a == pytest.approx(plain.kld_a, abs=1e-6)


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        ([5.0] * 9, [1.0, 2.0, 3.0], "the same in all songs of A"),
        ([5.0] * 9, [5.0] * 9, "the same in all songs of A and B"),
        ([1.0, 2.0, None, None], [1.0, 2.0, 3.0], "fewer than 3 songs"),
        ([], [], "fewer than 3 songs"),
    ],
)
def test_it_reports_what_has_no_density(a, b, said):
    found = divergence(a, b)
    assert said in found.reason
    assert found.to_json()["overlap_a"] is None
    assert found.kld_b is None


def test_it_takes_an_outlier_and_a_large_set():
    a = np.concatenate([np.random.default_rng(5).normal(0, 1, 20_000), [1e6]])
    found = divergence(a.tolist(), a.tolist())
    assert found.overlap_a > 0.9
    assert np.isfinite(found.kld_a)
