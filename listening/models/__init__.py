"""What listeners say of songs, and what is asked of them."""

from listening.models.answer import REASONS, Comparison, Exclusion, Outcome, PairTally, Verdict
from listening.models.enrolment import Enrolment, Training
from listening.models.excerpt import Excerpt
from listening.models.leaderboard import Chore, ChoreKind, LeaderboardTable
from listening.models.measurement import StepMeasurement
from listening.models.rating import Rating
from listening.models.study import Method, Participation, Study, StudyAnswer, StudyState
from listening.models.trial import Check, Clip, Trial, TrialKind

__all__ = [
    "REASONS",
    "Check",
    "Chore",
    "ChoreKind",
    "Clip",
    "Comparison",
    "Enrolment",
    "Excerpt",
    "Exclusion",
    "LeaderboardTable",
    "Method",
    "Outcome",
    "PairTally",
    "Participation",
    "Rating",
    "StepMeasurement",
    "Study",
    "StudyAnswer",
    "StudyState",
    "Training",
    "Trial",
    "TrialKind",
    "Verdict",
]
