"""The composer of a checkpoint, whatever its network writes. Loads Keras."""

from __future__ import annotations

from pathlib import Path

from musicgen.learning.checkpoint import read_checkpoint
from musicgen.representation import Tones
from musicgen.sampling.composer import Composer
from musicgen.sampling.tone_composer import ToneComposer


def composer_of(checkpoint: Path) -> Composer:
    """A composer for tokens or for continuous tones, by the representation of the checkpoint.

    Args:
        checkpoint: its folder, as `resolve_checkpoint` finds it.

    Raises:
        CheckpointError: no checkpoint, damaged, or of another version.
    """
    representation = read_checkpoint(checkpoint).vocabulary.get("representation")
    return ToneComposer(checkpoint) if representation == Tones.name else Composer(checkpoint)
