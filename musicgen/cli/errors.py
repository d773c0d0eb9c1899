"""What a person asked of the command line that cannot be done."""

from __future__ import annotations


class CommandError(Exception):
    """Arguments that each may be right but do not fit together, or a file of settings that is none."""
