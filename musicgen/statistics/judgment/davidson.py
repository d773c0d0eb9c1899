"""Davidson's model of paired comparison with ties, and a bias for one side.

With natural-log strengths θ, tie parameter ν and side bias b, and δ = (θ_left − θ_right) / 2 + b:
P(left) = e^δ / Z, P(right) = e^−δ / Z, P(tie) = ν / Z, Z = e^δ + e^−δ + ν, which for b = 0 is
π_i / (π_i + π_j + ν √(π_i π_j)) with π = e^θ.

Source: Davidson 1970, JASA 65(329); the order effect as in Davidson and Beaver 1977, Biometrics 33(4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]

# A weak prior: it decides only where the verdicts do not. Normal, in natural-log units.
STRENGTH_SD: Final = 3.0  # 521 Elo: nearly all the strengths that music can have beside music
TIE_MEAN: Final = 0.0  # log ν: between equals a tie is as likely as either side …
TIE_SD: Final = 3.0
SIDE_SD: Final = 1.0
_ITERATIONS: Final = 60
_LONGEST_STEP: Final = 1.5
_TOLERANCE: Final = 1e-4  # of the last step: the one after it would be about its square


@dataclass(frozen=True, slots=True)
class Davidson:
    """Fitted parameters of one data set or of several resampled ones.

    Attributes:
        strengths: float64 (..., systems), natural log, mean 0.
        log_ties: float64 (...), log ν.
        side_bias: float64 (...), b: positive where the left side is favoured.
    """

    strengths: Float64Array
    log_ties: Float64Array
    side_bias: Float64Array


def fit_davidson(counts: Float64Array, start: Davidson | None = None) -> Davidson:
    """The most likely parameters under the weak prior, by Newton's method.

    Args:
        counts: float64 (3, systems, systems) or (batch, 3, systems, systems): weights of verdicts
            for left, right, tie; [i, j] is system i on the left of system j.
        start: where to begin, of one data set; the nearer, the quicker.

    Returns:
        Parameters of the shape (systems,) or (batch, systems).
    """
    batch = counts if counts.ndim == 4 else counts[None]
    size = batch.shape[-1]
    x = np.zeros((len(batch), size + 2))
    if start is not None:
        x[:, :size], x[:, size], x[:, size + 1] = start.strengths, start.log_ties, start.side_bias
    total = batch.sum(axis=1)
    for _ in range(_ITERATIONS):
        gradient, curvature = _derivatives(x, batch, total)
        step = np.linalg.solve(curvature, gradient[..., None])[..., 0]
        longest = np.abs(step).max(axis=1, keepdims=True)
        x += step * np.minimum(1.0, _LONGEST_STEP / np.maximum(longest, 1e-12))
        if longest.max() < _TOLERANCE:
            break
    strengths = x[:, :size] - x[:, :size].mean(axis=1, keepdims=True)
    if counts.ndim == 4:
        return Davidson(strengths, x[:, size], x[:, size + 1])
    return Davidson(strengths[0], x[0, size], x[0, size + 1])


def probabilities(strength_difference: Float64Array, log_ties: float, side_bias: float) -> Float64Array:
    """P(left), P(right), P(tie).

    Args:
        strength_difference: float64 (...), θ_left − θ_right.

    Returns:
        Float64 (3, ...).
    """
    delta = strength_difference / 2 + side_bias
    weights = np.stack([np.exp(delta), np.exp(-delta), np.full_like(delta, np.exp(log_ties))])
    return np.asarray(weights / weights.sum(axis=0))


def _derivatives(
    x: Float64Array, counts: Float64Array, total: Float64Array
) -> tuple[Float64Array, Float64Array]:
    """Gradient (batch, p) and negative Hessian (batch, p, p) of the log posterior."""
    size = counts.shape[-1]
    theta, log_ties, bias = x[:, :size], x[:, size], x[:, size + 1]
    delta = (theta[:, :, None] - theta[:, None, :]) / 2 + bias[:, None, None]
    up = np.exp(delta)
    down = 1.0 / up
    scale = total / (up + down + np.exp(log_ties)[:, None, None])
    lead = scale * (up - down)  # n (P(left) − P(right))
    clear = scale * (up + down)  # n (P(left) + P(right))
    tied = total - clear
    share = np.divide(lead, total, out=np.zeros_like(lead), where=total > 0)
    slope = counts[:, 0] - counts[:, 1] - lead
    bend = clear - lead * share
    cross = share * tied
    gradient = np.empty_like(x)
    gradient[:, :size] = (slope.sum(axis=2) - slope.sum(axis=1)) / 2 - theta / STRENGTH_SD**2
    gradient[:, size] = (counts[:, 2] - tied).sum(axis=(1, 2)) - (log_ties - TIE_MEAN) / TIE_SD**2
    gradient[:, size + 1] = slope.sum(axis=(1, 2)) - bias / SIDE_SD**2

    curvature = np.empty((len(x), size + 2, size + 2))
    curvature[:, :size, :size] = -(bend + bend.transpose(0, 2, 1)) / 4
    places = np.arange(size)
    bends, crosses = bend.sum(axis=2), cross.sum(axis=2)
    falls, cross_falls = bend.sum(axis=1), cross.sum(axis=1)
    curvature[:, places, places] += (bends + falls) / 4 + 1 / STRENGTH_SD**2
    curvature[:, :size, size] = curvature[:, size, :size] = (cross_falls - crosses) / 2
    curvature[:, :size, size + 1] = curvature[:, size + 1, :size] = (bends - falls) / 2
    spread = tied - np.divide(tied**2, total, out=np.zeros_like(tied), where=total > 0)
    curvature[:, size, size] = spread.sum(axis=(1, 2)) + 1 / TIE_SD**2
    curvature[:, size, size + 1] = curvature[:, size + 1, size] = -crosses.sum(axis=1)
    curvature[:, size + 1, size + 1] = bends.sum(axis=1) + 1 / SIDE_SD**2
    return gradient, curvature
