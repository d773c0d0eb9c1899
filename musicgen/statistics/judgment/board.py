"""The leaderboard: everything that is known of each system, in the order of its lower bound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np

from musicgen.statistics.judgment.bootstrap import RESAMPLES, Strengths, estimate_strengths, rank_ranges
from musicgen.statistics.judgment.proportions import d_prime, shrunken_mean, wilson_interval
from musicgen.statistics.judgment.records import GROUPINGS, REAL, Records
from musicgen.statistics.judgment.verdicts import Outcome, PairVerdicts

SEED: Final = 20_261_128  # of the resampling: an export recomputed gives the same figures
COLLECTING: Final = 30  # verdicts below which a system's figures are not shown
PRELIMINARY: Final = 300
_MIDDLE_STARS: Final = 3.0


class Status(StrEnum):
    """How much a system's figures are worth."""

    COLLECTING = "collecting"
    PRELIMINARY = "preliminary"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One system.

    Attributes:
        key, label: which.
        status: by its number of verdicts.
        verdicts, listeners: how many on pairs, and from whom.
        elo, low, high: strength and its 95 % interval, mean of all systems 1000; None while collecting.
        best_rank, worst_rank: the ranks it may hold.
        both_bad, both_bad_low, both_bad_high: share of its pairs of which both were bad, Wilson 95 %.
        guesses, human, human_low, human_high: human-or-machine answers, share taken for human, Wilson.
        d_prime, d_low, d_high: how well it is told from real music.
        ratings, stars, shrunken: star ratings, their mean, and the mean drawn to that of all.
    """

    key: str
    label: str
    status: Status
    verdicts: int
    listeners: int
    elo: float | None
    low: float | None
    high: float | None
    best_rank: int | None
    worst_rank: int | None
    both_bad: float | None
    both_bad_low: float
    both_bad_high: float
    guesses: int
    human: float | None
    human_low: float
    human_high: float
    d_prime: float | None
    d_low: float | None
    d_high: float | None
    ratings: int
    stars: float | None
    shrunken: float | None


@dataclass(frozen=True, slots=True)
class Board:
    """A leaderboard.

    Attributes:
        grouping: what the systems are: checkpoints, or what these share.
        rows: by lower bound, then those still collecting.
        verdicts, listeners, guesses, ratings: how many in all.
        side_bias, side_low, side_high: chance that the left of two equals is preferred.
        tie_rate: chance of a tie between equals.
        alpha, consistency: agreement between listeners and with themselves.
        seed, resamples: of the intervals.
    """

    grouping: str
    rows: tuple[BoardRow, ...]
    verdicts: int
    listeners: int
    guesses: int
    ratings: int
    side_bias: float | None
    side_low: float | None
    side_high: float | None
    tie_rate: float | None
    alpha: float | None
    consistency: float | None
    seed: int
    resamples: int

    def to_json(self) -> dict[str, Any]:
        """For storing and for exports."""
        return asdict(self)


def make_board(records: Records, grouping: str, *, seed: int = SEED, resamples: int = RESAMPLES) -> Board:
    """Everything about every group of systems.

    Args:
        records: of the listeners that are to count, see `Records.selected`.
        grouping: one of `GROUPINGS`.
    """
    return next(make_boards(records, (grouping,), seed=seed, resamples=resamples))


def make_boards(
    records: Records, groupings: Sequence[str] = GROUPINGS, *, seed: int = SEED, resamples: int = RESAMPLES
) -> Iterator[Board]:
    """A board for each grouping; what listeners agree on is found once for all of them.

    Args:
        records: of the listeners that are to count, see `Records.selected`.
        groupings: some of `GROUPINGS`.
    """
    alpha, consistency = records.agreement(), records.consistency()
    for grouping in groupings:
        yield _board(records, grouping, alpha, consistency, seed=seed, resamples=resamples)


def _board(
    records: Records,
    grouping: str,
    alpha: float | None,
    consistency: float | None,
    *,
    seed: int,
    resamples: int,
) -> Board:
    verdicts = records.pair_verdicts(grouping)
    strengths = estimate_strengths(verdicts, seed=seed, resamples=resamples) if len(verdicts) else None
    groups = records.group_of(grouping)
    labels = {
        group: records.systems[group]["label"] if group in records.systems else group
        for group in groups.values()
    }
    rows = _rows(records, groups, labels, verdicts, strengths)
    return Board(
        grouping=grouping,
        rows=tuple(rows),
        verdicts=len(verdicts),
        listeners=len(verdicts.listeners),
        guesses=len(records.guesses),
        ratings=len(records.stars),
        side_bias=strengths.side_bias if strengths else None,
        side_low=strengths.side_low if strengths else None,
        side_high=strengths.side_high if strengths else None,
        tie_rate=strengths.tie_rate if strengths else None,
        alpha=alpha,
        consistency=consistency,
        seed=seed,
        resamples=resamples,
    )


def _rows(
    records: Records,
    groups: dict[str, str],
    labels: dict[str, str],
    verdicts: PairVerdicts,
    strengths: Strengths | None,
) -> list[BoardRow]:
    guesses = _totals([(groups[system], int(human)) for _, system, human in records.guesses])
    stars = _totals([(groups[system], given) for _, system, given in records.stars])
    all_stars = [sum(part) for part in zip(*stars.values(), strict=True)] or [0, 0]
    mean_stars = all_stars[0] / all_stars[1] if all_stars[1] else _MIDDLE_STARS
    judged = {name: place for place, name in enumerate(verdicts.systems)}
    counts = _counts(verdicts)
    shown = [place for place in judged.values() if counts[0][place] >= COLLECTING]
    ranks = {}
    if strengths and shown:
        ranges = rank_ranges(strengths.low[shown], strengths.high[shown])
        ranks = dict(zip(shown, ranges, strict=True))
    rows = [
        _row(
            key,
            labels[key],
            place=judged.get(key),
            strengths=strengths,
            counts=counts,
            ranks=ranks,
            guess=guesses.get(key, (0, 0)),
            real=guesses.get(REAL, (0, 0)),
            stars=stars.get(key, (0, 0)),
            mean_stars=mean_stars,
        )
        for key in sorted(labels)
    ]
    return sorted(rows, key=lambda row: (row.low is None, -(row.low or 0.0), row.key))


def _row(
    key: str,
    label: str,
    *,
    place: int | None,
    strengths: Strengths | None,
    counts: tuple[list[int], list[int], list[int]],
    ranks: dict[int, tuple[int, int]],
    guess: tuple[int, int],
    real: tuple[int, int],
    stars: tuple[int, int],
    mean_stars: float,
) -> BoardRow:
    verdicts, both_bad, listeners = (column[place] if place is not None else 0 for column in counts)
    known = place is not None and place in ranks
    assert not known or strengths is not None
    bad_low, bad_high = wilson_interval(both_bad, verdicts)
    human_low, human_high = wilson_interval(*guess)
    told = d_prime(*real, *guess) if key != REAL else None
    status = Status.SETTLED if verdicts >= PRELIMINARY else Status.PRELIMINARY
    return BoardRow(
        key=key,
        label=label,
        status=status if known else Status.COLLECTING,
        verdicts=verdicts,
        listeners=listeners,
        elo=float(strengths.elo[place]) if known and strengths else None,
        low=float(strengths.low[place]) if known and strengths else None,
        high=float(strengths.high[place]) if known and strengths else None,
        best_rank=ranks[place][0] if known and place is not None else None,
        worst_rank=ranks[place][1] if known and place is not None else None,
        both_bad=both_bad / verdicts if verdicts else None,
        both_bad_low=bad_low,
        both_bad_high=bad_high,
        guesses=guess[1],
        human=guess[0] / guess[1] if guess[1] else None,
        human_low=human_low,
        human_high=human_high,
        d_prime=told.d_prime if told else None,
        d_low=told.low if told else None,
        d_high=told.high if told else None,
        ratings=stars[1],
        stars=stars[0] / stars[1] if stars[1] else None,
        shrunken=shrunken_mean(stars[0], stars[1], mean_stars) if stars[1] else None,
    )


def _totals(rows: list[tuple[str, int]]) -> dict[str, tuple[int, int]]:
    """(sum, count) by key."""
    found: dict[str, tuple[int, int]] = {}
    for key, value in rows:
        total, count = found.get(key, (0, 0))
        found[key] = (total + value, count + 1)
    return found


def _counts(verdicts: PairVerdicts) -> tuple[list[int], list[int], list[int]]:
    """By system: verdicts, those that called both bad, and listeners."""
    size, people = len(verdicts.systems), len(verdicts.listeners)
    sides = np.concatenate([verdicts.left, verdicts.right])
    bad = np.tile(verdicts.outcome == Outcome.BOTH_BAD, 2)
    met = np.unique(np.tile(verdicts.listener, 2).astype(np.int64) * size + sides)
    return (
        np.bincount(sides, minlength=size).tolist(),
        np.bincount(sides[bad], minlength=size).tolist(),
        np.bincount(met % size, minlength=size).tolist() if people else [0] * size,
    )
