"""What can be wrong with a score that is to be written as notation."""

from __future__ import annotations


class NotationError(ValueError):
    """The score cannot become notation; the message says why."""


class NotationLimitError(NotationError):
    """The score is too large, or working on it took too long."""
