"""What can be wrong with where pieces come from, or with a prepared corpus."""

from __future__ import annotations


class CorpusError(ValueError):
    """No corpus can be made of a source, or a folder holds no whole corpus."""


class ArchiveError(CorpusError):
    """An archive is damaged, hostile or of a kind that is not read."""
