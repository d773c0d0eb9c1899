"""Networks kept warm in the process of a compose worker.

Loading a network and compiling its sampling loop takes many times longer than composing with
it. Loads TensorFlow; never imported by a request.
"""

import logging
from collections import OrderedDict
from typing import Final

from musicgen.learning import CheckpointError, read_checkpoint
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
        self._usual = ""  # weights that are never let go: what whoever chooses nothing is composed with
        self._best: set[str] = set()  # let go last: listeners choose them, the site asks for every step

    def get(self, checkpoint: Checkpoint) -> Composer:
        """The composer of a checkpoint, loaded now if it is not warm.

        Raises:
            musicgen.learning.CheckpointError: its files are missing, damaged, or not the site's own.
        """
        key = checkpoint.weights_sha256
        composer = self._warm.get(key)
        if composer is None:
            logger.info("loading %s", checkpoint.slug)
            written = read_checkpoint(checkpoint.path).weights_sha256
            if written != checkpoint.weights_sha256:
                raise CheckpointError(
                    f"{checkpoint.slug}: the weights in its folder are not those that this site wrote there "
                    f"(SHA-256 {written[:12]}…, not {checkpoint.weights_sha256[:12]}…). Restore the folder "
                    "from a backup."
                )
            composer = self._warm[key] = composer_of(checkpoint.path)
            if checkpoint.is_best:
                self._best.add(key)
            if len(self._warm) > MOST_WARM:
                self._let_go(but=key)
        self._warm.move_to_end(key)
        return composer

    def _let_go(self, *, but: str) -> None:
        others = [known for known in self._warm if known not in (but, self._usual)]
        gone = next((known for known in others if known not in self._best), others[0])
        self._best.discard(gone)
        del self._warm[gone]

    def warm_up(self, checkpoint: Checkpoint) -> None:
        """Load a checkpoint and compile its loop, so that the first song need not wait for it.

        Raises:
            musicgen.learning.CheckpointError: its files are missing, damaged, or not the site's own.
        """
        self._usual = checkpoint.weights_sha256
        self.get(checkpoint).compose(_TRIAL)


WARM_COMPOSERS: Final = ComposerCache()
