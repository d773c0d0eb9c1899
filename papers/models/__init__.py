"""What somebody asked to have put together for a paper."""

from papers.models.export import MOST_SONGS, PaperExport

__all__ = ["MOST_SONGS", "PaperExport"]
