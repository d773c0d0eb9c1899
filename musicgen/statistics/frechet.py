"""Fréchet distance between two sets of songs in this project's own measures.

Not the "Fréchet music distance" of the literature, which compares embeddings of another
network: figures of one say nothing beside figures of the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np

from musicgen.score import Float64Array
from musicgen.statistics.features import FEATURE_MEASURES, measure_table
from musicgen.statistics.song import SongStatistics

LEAST_SONGS: Final = 2  # of a set, for its spread to exist


@dataclass(frozen=True, slots=True)
class FrechetDistance:
    """How far apart two sets lie.

    Attributes:
        distance: ‖μA − μB‖² + tr(ΣA + ΣB − 2(ΣA ΣB)^½), in squared standard deviations of set A;
            0 is alike. Small sets lie apart by chance alone: compare it with `within`.
        within: the same between the two halves of set A, drawn by the seed; None with fewer
            than four songs.
        left_out: measures that are the same in all of A, or not defined in a whole set.
        reason: why there is no distance, for people; empty if there is one.
    """

    distance: float | None
    within: float | None
    left_out: tuple[str, ...]
    reason: str = ""

    def to_json(self) -> dict[str, float | str | tuple[str, ...] | None]:
        """Every attribute by name, ready for JSON."""
        return asdict(self)


def frechet_distance(
    set_a: Sequence[SongStatistics], set_b: Sequence[SongStatistics], *, seed: int = 0
) -> FrechetDistance:
    """Compare two sets by mean and covariance of all measures at once.

    Each measure is put in standard deviations of set A. Where one is not defined for a song,
    the mean of the song's own set stands in.

    Args:
        set_a: the reference.
        set_b: any other set.
        seed: of the halves of A.
    """
    if min(len(set_a), len(set_b)) < LEAST_SONGS:
        return FrechetDistance(None, None, (), f"a set has fewer than {LEAST_SONGS} songs")
    a, b = measure_table(set_a), measure_table(set_b)
    usable = np.array([_varies(a[:, i]) and bool(np.isfinite(b[:, i]).any()) for i in range(a.shape[1])])
    left_out = tuple(row.name for row, used in zip(FEATURE_MEASURES, usable, strict=True) if not used)
    if not usable.any():
        return FrechetDistance(None, None, left_out, "no measure varies within set A")
    a, b = a[:, usable], b[:, usable]
    mean, spread = np.nanmean(a, axis=0), np.nanstd(a, axis=0, ddof=1)
    a, b = _filled((a - mean) / spread), _filled((b - mean) / spread)
    within = None
    if len(a) >= 2 * LEAST_SONGS:
        order = np.random.default_rng(seed).permutation(len(a))
        within = _frechet(a[order[::2]], a[order[1::2]])
    return FrechetDistance(_frechet(a, b), within, left_out)


def _varies(values: Float64Array) -> bool:
    defined = values[np.isfinite(values)]
    return len(defined) > 1 and float(np.ptp(defined)) > 0


def _filled(table: Float64Array) -> Float64Array:
    return np.where(np.isfinite(table), table, np.nanmean(table, axis=0))


def _frechet(a: Float64Array, b: Float64Array) -> float:
    shift = float(((a.mean(axis=0) - b.mean(axis=0)) ** 2).sum())
    of_a, of_b = np.atleast_2d(np.cov(a, rowvar=False)), np.atleast_2d(np.cov(b, rowvar=False))
    # tr (ΣA ΣB)^½ through the symmetric ΣA^½ ΣB ΣA^½, which has no complex roots.
    values, vectors = np.linalg.eigh(of_a)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ of_b @ root), 0.0)).sum()
    return max(0.0, shift + float(np.trace(of_a) + np.trace(of_b) - 2 * cross))
