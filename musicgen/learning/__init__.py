"""Training networks on prepared corpora, and the checkpoints that come of it.

Importing it loads no Keras: settings, checkpoints' descriptions and the list of what is
shipped are read by programs that must start at once.
"""

from __future__ import annotations

from musicgen.learning.checkpoint import CheckpointError, CheckpointInfo, load_network, read_checkpoint
from musicgen.learning.progress import TrainProgress
from musicgen.learning.run_files import RunError
from musicgen.learning.settings import SettingsError, TrainSettings
from musicgen.learning.shipped import ShippedCheckpoint, resolve_checkpoint, shipped_checkpoints

__all__ = [
    "CheckpointError",
    "CheckpointInfo",
    "RunError",
    "SettingsError",
    "ShippedCheckpoint",
    "TrainProgress",
    "TrainSettings",
    "load_network",
    "read_checkpoint",
    "resolve_checkpoint",
    "shipped_checkpoints",
]
