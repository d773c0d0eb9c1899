"""Where ticks lie among the bars, under changing time signatures."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from musicgen.score import DEFAULT_METER, Float64Array, Score


class BarGrid:
    """The bar lines of a score.

    A bar line stands at tick 0 and at every time signature; a bar cut short by a new
    signature counts as one bar.
    """

    def __init__(self, score: Score) -> None:
        starts, lengths = [0.0], [_bar_ticks(score, *DEFAULT_METER)]
        for signature in score.time_signatures:
            if signature.numerator < 1 or signature.denominator < 1:
                continue  # no bar can be drawn from it
            if signature.start_ticks <= starts[-1]:
                starts.pop()
                lengths.pop()
            starts.append(float(signature.start_ticks) if starts else 0.0)
            lengths.append(_bar_ticks(score, signature.numerator, signature.denominator))
        self._starts = np.array(starts)
        self._lengths = np.array(lengths)
        bars = np.ceil(np.diff(self._starts) / self._lengths[:-1])
        self._first_bars = np.concatenate([[0.0], np.cumsum(bars)])

    def positions(self, ticks: npt.ArrayLike) -> Float64Array:
        """Positions in bars: 2.5 is the middle of the third bar.

        Args:
            ticks: integers ≥ 0, shape (n,).

        Returns:
            float64 (n,), bars from tick 0.
        """
        wanted = np.asarray(ticks, dtype=np.float64)
        segment = np.searchsorted(self._starts, wanted, side="right") - 1
        offset = (wanted - self._starts[segment]) / self._lengths[segment]
        return np.asarray(self._first_bars[segment] + offset)


def _bar_ticks(score: Score, numerator: int, denominator: int) -> float:
    return score.ticks_per_quarter * 4.0 * numerator / denominator
