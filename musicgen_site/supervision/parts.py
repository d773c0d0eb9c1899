"""What a supervised part of the site is, and how long to wait before one that died is started again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Part:
    """A command that is kept running.

    Attributes:
        name: Stands before each of its lines.
        command: Program and arguments; no shell reads them.
        stage: Parts of a higher stage need those of a lower one: they are stopped first.
        stop_seconds: How long it may take after SIGTERM before it is killed.
        niceness: Added to the supervisor's own (0 none, 19 lowest priority).
        environment: Added to the supervisor's own.
        once: Its end with exit code 0 is its success; it is not started again.
    """

    name: str
    command: tuple[str, ...]
    stage: int
    stop_seconds: float
    niceness: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)
    once: bool = False


@dataclass(frozen=True)
class BackOff:
    """Doubling pauses between restarts, so that a part that cannot start does not eat the machine.

    Attributes:
        first_seconds: The pause after the first death.
        longest_seconds: No pause is longer.
        healthy_seconds: A part that ran for so long has its deaths forgotten.
    """

    first_seconds: float = 0.5
    longest_seconds: float = 30.0
    healthy_seconds: float = 60.0

    def pause(self, deaths: int) -> float:
        """Return the seconds to wait after the `deaths`-th death in a row (from 1)."""
        doublings = min(deaths - 1, 30)  # past 30 every pause is the longest, and floats stay small
        return min(self.longest_seconds, self.first_seconds * 2.0**doublings)
