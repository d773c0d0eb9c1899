"""The file of columns that the analysis keeps of what it has read (see `listening.selectors.records`)."""

from pathlib import Path

from django.conf import settings


def snapshot_path() -> Path:
    """The file of columns."""
    return Path(settings.DATA_DIR, "leaderboard", "verdicts.npz")


def snapshot_forget() -> None:
    """Have everything read anew: something that had been read has changed or gone."""
    snapshot_path().unlink(missing_ok=True)
