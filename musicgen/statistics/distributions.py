"""How far apart two sets of songs lie in one measure: overlapping area and divergence.

Source: Yang & Lerch 2018, "On the evaluation of generative models in music". Not the values
are compared but their distances: those between two songs of one set say how varied the set
is, those between a song of each how far the sets lie apart. If both are alike, so are the
sets. Distances are counted on a fine grid, not listed, so that memory and time follow the
number of songs and not its square.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
from numpy import fft

from musicgen.score import Float64Array

LEAST_SONGS: Final = 3  # of a set, for two of them to lie at different distances
_GRID_POINTS: Final = 2**14  # over all values of both sets
_KERNEL_REACH: Final = 4.0  # bandwidths of a kernel that are kept on either side
_LEAST_MASS: Final = 1e-15  # of a place; where there is none, its logarithm must still exist


@dataclass(frozen=True, slots=True)
class Divergence:
    """Two sets in one measure.

    Attributes:
        count_a: songs of set A for which the measure is defined.
        count_b: the same of set B.
        overlap_a: ∫min(p, q) of the distances within A and those between the sets, 0–1; 1 is alike.
        kld_a: Kullback–Leibler divergence KL(p‖q) of the same two densities, nats.
        overlap_b: as `overlap_a`, of the distances within B.
        kld_b: as `kld_a`, of the distances within B.
        reason: why these are None, for people; empty where they are not.
    """

    count_a: int
    count_b: int
    overlap_a: float | None = None
    kld_a: float | None = None
    overlap_b: float | None = None
    kld_b: float | None = None
    reason: str = ""

    def to_json(self) -> dict[str, float | int | str | None]:
        """Every attribute by name, ready for JSON."""
        return asdict(self)


def divergence(set_a: Sequence[float | None], set_b: Sequence[float | None]) -> Divergence:
    """Compare two sets in one measure.

    All densities are Gaussian kernel densities by Scott's rule on one common grid. A set whose
    distances are all alike has no density: that is said in `reason`, with no figure.

    Args:
        set_a: a value a song, the reference; None where the measure is not defined.
        set_b: a value a song.
    """
    a, b = _defined(set_a), _defined(set_b)
    if min(len(a), len(b)) < LEAST_SONGS:
        return Divergence(len(a), len(b), reason=f"fewer than {LEAST_SONGS} songs of a set have a value")
    constant = [name for name, values in (("A", a), ("B", b)) if np.ptp(values) == 0]
    if constant:
        return Divergence(len(a), len(b), reason=f"the same in all songs of {' and '.join(constant)}")
    within_a, within_b, between = _Distances(a, b).densities()
    return Divergence(
        count_a=len(a),
        count_b=len(b),
        overlap_a=_overlap(within_a, between),
        kld_a=_divergence(within_a, between),
        overlap_b=_overlap(within_b, between),
        kld_b=_divergence(within_b, between),
    )


def _defined(values: Sequence[float | None]) -> Float64Array:
    return np.array([value for value in values if value is not None], dtype=np.float64)


class _Distances:
    """The distances within and between two sets, counted on a grid."""

    def __init__(self, a: Float64Array, b: Float64Array) -> None:
        lowest = min(a.min(), b.min())
        step = float(max(a.max(), b.max()) - lowest) / (_GRID_POINTS - 1)
        self._a, self._b = (_on_grid((values - lowest) / step) for values in (a, b))
        # Two grids long, and two more for the kernels' tails, so that nothing wraps around.
        self._size = 4 * _GRID_POINTS

    def densities(self) -> tuple[Float64Array, Float64Array, Float64Array]:
        """Densities of the distances within A, within B and between; see `_smoothed`."""
        spectra = [fft.rfft(values, self._size) for values in (self._a, self._b)]
        counts = [
            _folded(fft.irfft(first * second.conj(), self._size), songs)
            for first, second, songs in (
                (spectra[0], spectra[0], self._a.sum()),
                (spectra[1], spectra[1], self._b.sum()),
                (spectra[0], spectra[1], 0.0),
            )
        ]
        within_a, within_b, between = (self._smoothed(count) for count in counts)
        return within_a, within_b, between

    def _smoothed(self, counts: Float64Array) -> Float64Array:
        """Kernel density in mass a place, (4 · grid,): distances from 0 on, below 0 at the end."""
        total = counts.sum()
        places = np.arange(len(counts))
        mean = (counts * places).sum() / total
        variance = (counts * (places - mean) ** 2).sum() / (total - 1)
        bandwidth = float(np.sqrt(variance)) * total ** (-1 / 5)  # grid steps; Scott's rule
        bandwidth = min(max(bandwidth, 1.0), _GRID_POINTS / _KERNEL_REACH)
        offsets = fft.fftfreq(self._size, 1 / self._size)
        kernel = np.exp(-0.5 * (offsets / bandwidth) ** 2)
        smooth = fft.irfft(fft.rfft(counts, self._size) * fft.rfft(kernel / kernel.sum()), self._size)
        return np.asarray(np.maximum(smooth, 0.0) / total)


def _on_grid(places: Float64Array) -> Float64Array:
    """How many values lie nearest to each place of the grid, float64 (grid,)."""
    return np.bincount(np.rint(places).astype(np.int64), minlength=_GRID_POINTS).astype(np.float64)


def _folded(correlation: Float64Array, songs: float) -> Float64Array:
    """Counts of distances ≥ 0 out of a circular correlation.

    Args:
        correlation: its counts of differences, those below 0 at the end.
        songs: 0 for two sets; within one set of so many, each pair is met twice, and each song
            with itself.
    """
    counts = correlation[:_GRID_POINTS].copy()
    counts[1:] += correlation[:-_GRID_POINTS:-1]
    if songs:
        counts[0] -= songs
        counts /= 2
    return np.asarray(np.maximum(counts, 0.0))


def _overlap(p: Float64Array, q: Float64Array) -> float:
    return min(1.0, float(np.minimum(p, q).sum()))


def _divergence(p: Float64Array, q: Float64Array) -> float:
    p, q = p + _LEAST_MASS, q + _LEAST_MASS
    p, q = p / p.sum(), q / q.sum()
    return max(0.0, float((p * np.log(p / q)).sum()))
