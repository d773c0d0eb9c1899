"""What a worker does before its first job, what becomes of songs when a listener signs in, and with time."""

import importlib
import logging
from typing import Any, Final

from django.dispatch import receiver

from accounts.models import Listener
from accounts.signals import listener_merged
from generator.selectors.styles import styles
from generator.services import shelves_merge, songs_clear, songs_merge
from musicgen.cli.loading import quiet_loading
from musicgen.learning import CheckpointError
from training.signals import time_passed, worker_ready

logger = logging.getLogger(__name__)

_SOUND_MODULES: Final = ("generator.jobs.render", "musicgen.audio.loudness")


@receiver(worker_ready)
def warm_up(sender: object, queue: str, **kwargs: Any) -> None:
    """Load what the queue needs: the usual network for composing, the sound libraries for rendering."""
    if queue == "compose":
        _warm_composer()
    elif queue in ("render", "encode"):
        # Imported here, they are in memory already when a process is forked for a job.
        for name in _SOUND_MODULES:
            importlib.import_module(name)


def _warm_composer() -> None:
    with quiet_loading():
        from generator.composers import WARM_COMPOSERS  # loads TensorFlow

    for checkpoint in styles()[:1]:  # with the others' first piece
        try:
            WARM_COMPOSERS.warm_up(checkpoint)
        except CheckpointError:
            logger.exception("%s cannot be composed from", checkpoint.slug)


@receiver(listener_merged)
def keep_songs(sender: object, source: Listener, target: Listener, **kwargs: Any) -> None:
    """What the anonymous listener asked for and kept becomes the user's."""
    songs_merge(source=source, target=target)
    shelves_merge(source=source, target=target)


@receiver(time_passed)
def clear_songs(sender: object, **kwargs: Any) -> None:
    """What was thrown away long ago goes."""
    songs_clear()
