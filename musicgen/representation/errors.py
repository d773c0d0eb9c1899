"""What can go wrong between a score and its tokens."""

from __future__ import annotations


class RepresentationError(ValueError):
    """A score has no tokens in this representation, or tokens or a vocabulary are not of it."""
