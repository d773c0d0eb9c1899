"""Archives for a paper, for programs."""

from papers.api.exports import router as papers

__all__ = ["papers"]
