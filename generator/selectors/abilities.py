"""What a checkpoint can be asked for, and why not what it cannot."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from generator.models import ComposeTask
from generator.names import network_label
from musicgen.learning import CheckpointError, read_checkpoint
from musicgen.representation import RepresentationError
from musicgen.sampling.abilities import Ability, abilities
from training.models import Checkpoint

_KEPT: int = 64  # a vocabulary is read once for each checkpoint, not for each request
# What `musicgen.sampling.abilities` calls a task; to compose from nothing every network can.
TASK_ABILITIES = {
    ComposeTask.CONTINUE: "continue",
    ComposeTask.VARY: "vary",
    ComposeTask.INFILL: "infill",
    ComposeTask.ACCOMPANY: "accompany",
}
TASK_LABELS: Mapping[str, str | Promise] = {
    ComposeTask.CONTINUE: _("Continue"),
    ComposeTask.VARY: _("Vary"),
    ComposeTask.INFILL: _("Fill in"),
    ComposeTask.ACCOMPANY: _("Accompany"),
}


@dataclass(frozen=True)
class NetworkAbilities:
    """What the checkpoints of one network and representation can do with music that they are given.

    Attributes:
        label: of the network.
        checkpoints: their ids.
        tasks: for each task its name, its label, and why it cannot be done; empty if it can.
    """

    label: str
    checkpoints: list[int]
    tasks: list[tuple[str, str, str]]

    @property
    def refusals(self) -> dict[str, str]:
        """By task, why it cannot be done; without those that can."""
        return {name: reason for name, _, reason in self.tasks if reason}


def abilities_table() -> list[NetworkAbilities]:
    """What the published checkpoints can do, one row for all that can do the same."""
    rows: dict[tuple[str, str], NetworkAbilities] = {}
    for checkpoint in Checkpoint.objects.published():
        kind = (checkpoint.network, checkpoint.representation)
        if kind not in rows:
            tasks = [
                (task.value, str(TASK_LABELS[task]), why_not(checkpoint, name))
                for task, name in TASK_ABILITIES.items()
            ]
            rows[kind] = NetworkAbilities(network_label(checkpoint.network), [], tasks)
        rows[kind].checkpoints.append(checkpoint.pk)
    return list(rows.values())


def abilities_of(checkpoint: Checkpoint) -> dict[str, Ability]:
    """By name, as `musicgen.sampling.abilities.abilities` has them.

    Empty where its files cannot be read: the worker will say what is wrong with them.
    """
    return _abilities(checkpoint.path, checkpoint.weights_sha256)


@lru_cache(maxsize=_KEPT)
def _abilities(path: Path, weights_sha256: str) -> dict[str, Ability]:
    try:
        return abilities(read_checkpoint(path).vocabulary)
    except (CheckpointError, RepresentationError, OSError):
        return {}


def why_not(checkpoint: Checkpoint, name: str) -> str:
    """Why a checkpoint cannot be asked for something; empty if it can."""
    ability = abilities_of(checkpoint).get(name)
    return "" if ability is None or ability.possible else ability.reason
