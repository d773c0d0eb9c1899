"""Networks kept warm in the process of a compose worker.

Loading a network and compiling its sampling loop takes many times longer than composing with
it. Loads TensorFlow; never imported by a request.
"""

import logging
from collections import OrderedDict
from typing import Final

from musicgen.sampling.composer import Composer
from musicgen.sampling.composers import composer_of
from musicgen.sampling.settings import SamplingSettings
from training.models import Checkpoint

logger = logging.getLogger(__name__)

MOST_WARM: Final = 6  # networks at a time; the one unused for longest is let go
_TRIAL: Final = SamplingSettings(length_seconds=5.0)  # enough to compile the sampling loop


class ComposerCache:
    """Composers by the weights they were loaded from."""

    def __init__(self) -> None:
        self._warm: OrderedDict[str, Composer] = OrderedDict()
        self._kept = ""  # weights that are never let go: what whoever chooses nothing is composed with

    def get(self, checkpoint: Checkpoint) -> Composer:
        """The composer of a checkpoint, loaded now if it is not warm.

        Raises:
            musicgen.learning.CheckpointError: its files are missing or damaged.
        """
        key = checkpoint.weights_sha256
        composer = self._warm.get(key)
        if composer is None:
            logger.info("loading %s", checkpoint.slug)
            composer = self._warm[key] = composer_of(checkpoint.path)
            if len(self._warm) > MOST_WARM:
                self._warm.pop(next(known for known in self._warm if known not in (key, self._kept)))
        self._warm.move_to_end(key)
        return composer

    def warm_up(self, checkpoint: Checkpoint) -> None:
        """Load a checkpoint and compile its loop, so that the first song need not wait for it.

        Raises:
            musicgen.learning.CheckpointError: its files are missing or damaged.
        """
        self._kept = checkpoint.weights_sha256
        self.get(checkpoint).compose(_TRIAL)


WARM_COMPOSERS: Final = ComposerCache()
