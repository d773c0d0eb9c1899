"""Pages of the papers app."""
