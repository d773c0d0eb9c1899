"""Can a classifier tell two sets of songs apart? Half of its answers right is perfect likeness.

Source: the classifier two-sample test, Lopez-Paz & Oquab 2017, arXiv:1610.06545.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from musicgen.score import Float64Array, Int64Array
from musicgen.statistics.features import FEATURE_NAMES, SongFeatures, feature_table

if TYPE_CHECKING:
    from sklearn.ensemble import ExtraTreesClassifier

LEAST_SONGS: Final = 10  # of each set: fewer, and the interval says nothing
MOST_SONGS: Final = 2_000  # of each set: more would cost minutes and narrow the interval little
FOLDS: Final = 5
_REPEATS: Final = 2  # other folds each time, so that the folds' luck averages out
_TREES: Final = 100
_TOLD: Final = 5  # features named
_Z_95: Final = 1.959964  # standard deviations on either side that hold 95 %


@dataclass(frozen=True, slots=True)
class TwoSampleTest:
    """The outcome.

    Attributes:
        accuracy: share of songs told right by a classifier that had not seen them, 0–1.
        low: lower end of its 95 % interval.
        high: upper end.
        songs: of each set that took part.
        telling: the names of the features that told most, the first the most; for people, and
            worth reading only where the accuracy is above chance.
        reason: why there is no accuracy; empty if there is one.
    """

    accuracy: float | None
    low: float | None
    high: float | None
    songs: int
    telling: tuple[str, ...] = ()
    reason: str = ""

    @property
    def told_apart(self) -> bool:
        """Whether even the lower end lies above chance."""
        return self.low is not None and self.low > 0.5

    def to_json(self) -> dict[str, float | str | tuple[str, ...] | None]:
        """Every attribute by name, and whether the sets are told apart."""
        return {**asdict(self), "told_apart": self.told_apart}


def two_sample_test(
    set_a: Sequence[SongFeatures], set_b: Sequence[SongFeatures], *, seed: int = 0
) -> TwoSampleTest:
    """Train a classifier afresh to tell two sets apart, and ask it about songs it has not seen.

    Extremely randomised trees on the measures and the n-gram shares, in five-fold cross-validation,
    repeated with other folds; both sets are cut to the size of the smaller by the seed, so
    that chance is one half. The interval is Wilson's for as many independent answers as there
    are songs.

    Args:
        set_a: one set.
        set_b: another; no song may be in both.
        seed: of the cut, the folds and the trees.
    """
    songs = min(len(set_a), len(set_b), MOST_SONGS)
    if songs < LEAST_SONGS:
        return TwoSampleTest(None, None, None, songs, reason=f"a set has fewer than {LEAST_SONGS} songs")
    generator = np.random.default_rng(seed)
    tables = [
        feature_table(members)[np.sort(generator.permutation(len(members))[:songs])]
        for members in (set_a, set_b)
    ]
    table = np.concatenate(tables)
    labels = np.repeat(np.arange(2), songs)
    seeds = generator.integers(0, 2**31, _REPEATS).tolist()
    right = [_share_right(table, labels, each) for each in seeds]
    accuracy = float(np.mean(right))
    low, high = wilson_interval(accuracy, 2 * songs)
    return TwoSampleTest(accuracy, low, high, songs, _telling(table, labels, seeds[0]))


def wilson_interval(share: float, answers: int) -> tuple[float, float]:
    """The 95 % interval of a share of so many independent answers (Wilson 1927)."""
    z2 = _Z_95**2 / answers
    centre = (share + z2 / 2) / (1 + z2)
    reach = _Z_95 * math.sqrt(share * (1 - share) / answers + z2 / (4 * answers)) / (1 + z2)
    return max(0.0, centre - reach), min(1.0, centre + reach)


def _forest(seed: int) -> ExtraTreesClassifier:
    from sklearn.ensemble import ExtraTreesClassifier  # takes a second, so only where it is needed

    return ExtraTreesClassifier(_TREES, min_samples_leaf=2, random_state=seed)


def _share_right(table: Float64Array, labels: Int64Array, seed: int) -> float:
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    return float((cross_val_predict(_forest(seed), table, labels, cv=folds) == labels).mean())


def _telling(table: Float64Array, labels: Int64Array, seed: int) -> tuple[str, ...]:
    importances = _forest(seed).fit(table, labels).feature_importances_
    order = np.argsort(-importances, kind="stable")[:_TOLD]
    return tuple(FEATURE_NAMES[place] for place in order)
