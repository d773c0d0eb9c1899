"""What listeners' verdicts say: strengths, intervals, ranks, agreement, trends.

Knows verdicts as columns of numbers and systems as names; knows no database, no songs and no
site, so that a published export gives everybody the same figures as the site shows.
"""

from musicgen.statistics.judgment.board import Board, BoardRow, Status, make_board
from musicgen.statistics.judgment.bootstrap import Strengths, estimate_strengths, rank_ranges
from musicgen.statistics.judgment.choosing import draw_probabilities, expected_gain
from musicgen.statistics.judgment.davidson import Davidson, fit_davidson
from musicgen.statistics.judgment.proportions import Discrimination, d_prime, shrunken_mean, wilson_interval
from musicgen.statistics.judgment.reliability import krippendorff_alpha, repeat_consistency
from musicgen.statistics.judgment.trend import Trend, jonckheere, kendall, verdict_trend
from musicgen.statistics.judgment.verdicts import Outcome, PairVerdicts

__all__ = [
    "Board",
    "BoardRow",
    "Davidson",
    "Discrimination",
    "Outcome",
    "PairVerdicts",
    "Status",
    "Strengths",
    "Trend",
    "d_prime",
    "draw_probabilities",
    "estimate_strengths",
    "expected_gain",
    "fit_davidson",
    "jonckheere",
    "kendall",
    "krippendorff_alpha",
    "make_board",
    "rank_ranges",
    "repeat_consistency",
    "shrunken_mean",
    "verdict_trend",
    "wilson_interval",
]
