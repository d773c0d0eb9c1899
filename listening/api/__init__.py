"""Judgments for programs: the leaderboard, and the verdicts it rests on."""

from listening.api.judgments import router as judgments
from listening.api.leaderboard import router as leaderboard

__all__ = ["judgments", "leaderboard"]
