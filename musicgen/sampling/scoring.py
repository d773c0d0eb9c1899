"""Between a piece and its tokens: what a take begins with, and the score that its tokens make."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import numpy.typing as npt

from musicgen.representation import ChordVocabulary, Vocabulary
from musicgen.sampling.prompts import Continuation, Prompt, Variation, opening_of
from musicgen.sampling.settings import SamplingSettings
from musicgen.sampling.steering import ChordSteering
from musicgen.score import Score


class Scoring:
    """One request's way from settings and prompt to tokens, and from tokens to a score.

    Args:
        vocabulary: the checkpoint's.
        settings: of the request.
        prompt: music to set out from.

    Attributes:
        steering: what the engine is told.
        given: int32 (m,), the tokens that every take begins with, `bos` first.

    Raises:
        PromptError, RepresentationError: music that has no tokens here.
    """

    def __init__(self, vocabulary: Vocabulary, settings: SamplingSettings, prompt: Prompt | None) -> None:
        self._vocabulary = vocabulary
        self._settings = settings
        self.steering = ChordSteering(cast(ChordVocabulary, vocabulary), settings)
        self.given = self._given(prompt)

    def score_of(self, tokens: npt.NDArray[np.int32]) -> Score:
        """The music, for the instrument that was asked for."""
        score = self._vocabulary.decode(tokens, tempo_bpm=self._settings.tempo_bpm)
        program = self.steering.program
        if program is None:
            return score
        return replace(score, parts=tuple(replace(part, program=program) for part in score.parts))

    def _given(self, prompt: Prompt | None) -> npt.NDArray[np.int32]:
        front = [self._vocabulary.bos, *self.steering.front]
        if prompt is None:
            return np.array(front, np.int32)
        opening = _opening(prompt)
        tokens = self._vocabulary.encode(opening)[:-1]  # without `eos`
        tokens[: len(front)] = front
        return np.asarray(tokens, np.int32)


def _opening(prompt: Prompt) -> Score:
    match prompt:
        case Continuation(score, seconds):
            return opening_of(score, seconds)
        case Variation(score, seconds):
            return opening_of(score, seconds)
    raise AssertionError(prompt)  # abilities were checked
