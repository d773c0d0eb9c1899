"""Sketches: short pieces from a network that is still learning, for `musicgen.learning.samples`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from musicgen.learning.samples import SAMPLE_NOTES
from musicgen.representation import Vocabulary
from musicgen.sampling.composer import Composer
from musicgen.sampling.settings import SamplingSettings
from musicgen.score import Score


def sketches_of(network: Any, vocabulary: Vocabulary) -> Callable[[int, int], list[Score]]:
    """What composes from a network as it is whenever asked; compiled once, at the first call.

    Args:
        network: of tokens, built.
        vocabulary: it was built for.
    """
    composer = Composer.of_network(network, vocabulary)

    def sketched(count: int, seed: int) -> list[Score]:
        settings = SamplingSettings(seed=seed, length_notes=SAMPLE_NOTES)
        return [piece.score for piece in composer.compose_takes(settings, count)]

    return sketched
