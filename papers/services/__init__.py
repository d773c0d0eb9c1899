"""Every write of the papers app."""

from papers.services.export import PaperLimitError, paper_export_create, paper_export_keep

__all__ = ["PaperLimitError", "paper_export_create", "paper_export_keep"]
