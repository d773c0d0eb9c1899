"""Sequences from a generator of tones beside real ones of a corpus, always the same for one seed."""

from __future__ import annotations

from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt

from musicgen.corpus.reader import Cells, Corpus
from musicgen.corpus.streaming import CellWindows
from musicgen.learning.tone_quality import Quartiles, distance, quartiles, rows_inside, scores_of
from musicgen.networks.crnn_gan import GeneratorNetwork
from musicgen.networks.tone_output import choose_plainly
from musicgen.representation import Tones
from musicgen.score import Score

Values = npt.NDArray[np.float32]
_STREAM: Final = 1  # of random numbers, beside those of training steps
_HELD_OUT: Final = 128  # sequences of a split that are judged


def real_sequences(cells: Cells, tones: Tones, *, length: int, count: int, seed: int = 0) -> Values:
    """Sequences out of a split, the same at every call: float32 (count, length, numbers).

    Raises:
        CorpusError: no piece is so long.
    """
    windows = CellWindows(cells, tones, length, count, seed, full=True)
    return next(windows.batches()).cells


def made_sequences(
    network: GeneratorNetwork, *, length: int, count: int, seed: int, temperature: float = 1.0
) -> Values:
    """Sequences from a generator, the same for the same seed: float32 (count, length, numbers)."""
    noise = np.random.default_rng([seed, _STREAM]).random((count, length, network.noise), np.float32)

    def choose(logits: Any, uniforms: Any, is_pitch: bool) -> Any:
        return choose_plainly(logits / temperature, uniforms)

    return np.asarray(network(noise, choose=choose)[0])


class ToneJudge:
    """Sets a generator's samples beside the held-out pieces of a corpus.

    Args:
        corpus: of tones.
        length: of sequences, in cells; so many notes of each are measured.
        samples: how many are made.
        seed: of their noise.
        temperature: of their choices.

    Attributes:
        latest: the samples of the last judgment, as scores.
    """

    def __init__(
        self, corpus: Corpus, *, length: int, samples: int, seed: int, temperature: float = 1.0
    ) -> None:
        self._corpus = corpus
        self._tones = corpus.tones
        self._length = length
        self._samples = samples
        self._seed = seed
        self._temperature = temperature
        self.latest: list[Score] = []
        self._known: dict[str, tuple[Values, Quartiles]] = {}

    def data(self, split: str) -> Quartiles:
        """The rows of the split's own sequences."""
        return self._held_out(split)[1]

    def judged(self, network: GeneratorNetwork, split: str) -> dict[str, Any]:
        """How near the network's music is to that of a split.

        Returns:
            "next_event_loss" on the split's sequences; "samples", quartiles of each row over fresh
            samples; "distance" and "rows_inside" of those from the split's own.
        """
        held_out, data = self._held_out(split)
        made = made_sequences(
            network,
            length=self._length,
            count=self._samples,
            seed=self._seed,
            temperature=self._temperature,
        )
        self.latest = scores_of(made, self._tones, self._length)
        samples = quartiles(self.latest)
        size = (*held_out.shape[:2], network.noise)
        noise = np.random.default_rng([self._seed, _STREAM]).random(size, np.float32)
        return {
            "next_event_loss": float(keras.ops.convert_to_numpy(network.next_event_loss(noise, held_out))),
            "distance": distance(samples, data),
            "rows_inside": rows_inside(samples, data),
            "samples": samples,
        }

    def _held_out(self, split: str) -> tuple[Values, Quartiles]:
        if split not in self._known:
            cells = self._corpus.cells(split)
            real = real_sequences(cells, self._tones, length=self._length, count=_HELD_OUT)
            self._known[split] = real, self._rows(real)
        return self._known[split]

    def _rows(self, sequences: Values) -> Quartiles:
        return quartiles(scores_of(sequences, self._tones, self._length))
