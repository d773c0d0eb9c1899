"""Everything that is said about two sets of songs beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from musicgen.statistics.distributions import Divergence, divergence
from musicgen.statistics.features import SongFeatures
from musicgen.statistics.frechet import FrechetDistance, frechet_distance
from musicgen.statistics.measures import MEASURES
from musicgen.statistics.sets import MeasureSummary, describe_set
from musicgen.statistics.song import SongStatistics
from musicgen.statistics.two_sample import TwoSampleTest, two_sample_test


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sets; A is the reference.

    Attributes:
        songs_a, songs_b: how many there are.
        set_a, set_b: each measure's mean and spread, by name.
        divergences: how far apart the sets lie in each measure, by name.
        frechet: how far apart in all measures at once.
        two_sample: whether a classifier can tell them apart.
    """

    songs_a: int
    songs_b: int
    set_a: Mapping[str, MeasureSummary]
    set_b: Mapping[str, MeasureSummary]
    divergences: Mapping[str, Divergence]
    frechet: FrechetDistance
    two_sample: TwoSampleTest

    def to_json(self, chance: Sequence[SongStatistics] = ()) -> dict[str, Any]:
        """Everything as plain JSON values, beside chance where it is given."""
        by_chance = describe_set(chance)
        return {
            "songs": {"a": self.songs_a, "b": self.songs_b},
            "measures": {
                name: {
                    "a": self.set_a[name].to_json(),
                    "b": self.set_b[name].to_json(),
                    "chance": by_chance[name].to_json(),
                    **self.divergences[name].to_json(),
                }
                for name in self.divergences
            },
            "frechet": self.frechet.to_json(),
            "two_sample": self.two_sample.to_json(),
        }

    def in_words(self) -> list[str]:
        """What the sets' likeness as a whole comes to, in sentences."""
        lines = []
        test = self.two_sample
        if test.accuracy is None or test.low is None or test.high is None:
            lines.append(f"No two-sample test: {test.reason}.")
        else:
            verdict = (
                f"told apart, most by {', '.join(test.telling[:3])}" if test.told_apart else "not told apart"
            )
            lines.append(
                f"Two-sample test: {100 * test.accuracy:.1f} % right (95 % interval {100 * test.low:.1f} to "
                f"{100 * test.high:.1f} %; 50 % is chance), {verdict}."
            )
        frechet = self.frechet
        if frechet.distance is None:
            lines.append(f"No Fréchet feature distance: {frechet.reason}.")
        else:
            within = "" if frechet.within is None else f" (halves of A: {frechet.within:.2f})"
            lines.append(f"Fréchet feature distance: {frechet.distance:.2f}{within}.")
        return lines


def compare(set_a: Sequence[SongFeatures], set_b: Sequence[SongFeatures], *, seed: int = 0) -> Comparison:
    """Compare two sets of songs in every way there is.

    Args:
        set_a: the reference.
        set_b: what is compared with it; no song may be in both.
        seed: of whatever is drawn.
    """
    a = [song.statistics for song in set_a]
    b = [song.statistics for song in set_b]
    return Comparison(
        songs_a=len(a),
        songs_b=len(b),
        set_a=describe_set(a),
        set_b=describe_set(b),
        divergences={
            row.name: divergence([getattr(s, row.name) for s in a], [getattr(s, row.name) for s in b])
            for row in MEASURES
        },
        frechet=frechet_distance(a, b, seed=seed),
        two_sample=two_sample_test(set_a, set_b, seed=seed),
    )
