"""Composing: from a checkpoint, a seed and a few settings to a score."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from musicgen.learning.checkpoint import CheckpointError, load_network, read_checkpoint
from musicgen.representation import RepresentationError, load_vocabulary
from musicgen.sampling.engine import CHUNK, NO_TOKEN, Engine, Limits
from musicgen.sampling.pickup import begin_at_first_note
from musicgen.sampling.settings import SamplingSettings
from musicgen.sampling.takes import best_cut, stuck_reason
from musicgen.score import Score

_LEAST_SHARE: Final = 0.8  # of the length asked for, before which a piece may not end …
_MOST_SHARE: Final = 1.25  # … and after which it is ended
_PRELUDE: Final = 8  # tokens drawn before the tempo is asked for: it stands at the front
_NEVER: Final = 2**30  # grid ticks, as a limit that is not reached
_MOST_TOKENS_PER_SECOND: Final = 200  # denser than any piano music: a take that long does not move on
_TAKES: Final = 2  # a stuck take is drawn anew once


@dataclass(frozen=True, slots=True)
class Composition:
    """A composed piece.

    Attributes:
        score: the music.
        tokens: int32 (n,), what the network wrote, from `bos` on.
        seconds: its duration.
        note_count: how many notes.
        finished: "eos" if the network ended it, "length" if it was ended at the network's most
            likely place near the length asked for, "cancelled" if `should_stop` said so.
        stuck: whether it repeats itself or is silent, in spite of a second take.
        stuck_reason: in words, if so.
        takes: how many were drawn.
    """

    score: Score
    tokens: npt.NDArray[np.int32]
    seconds: float
    note_count: int
    finished: Literal["eos", "length", "cancelled"]
    stuck: bool
    stuck_reason: str | None
    takes: int


@dataclass(frozen=True, slots=True)
class _Take:
    tokens: npt.NDArray[np.int32]
    finished: Literal["eos", "length", "cancelled"]


class Composer:
    """Composes with one checkpoint; loads and compiles once, so that every piece after is quick.

    Args:
        checkpoint: its folder, as `resolve_checkpoint` finds it.

    Raises:
        CheckpointError: no checkpoint, damaged, or of another version.
    """

    def __init__(self, checkpoint: Path) -> None:
        self.info = read_checkpoint(checkpoint)
        try:
            self._vocabulary = load_vocabulary(self.info.vocabulary)
        except RepresentationError as error:
            raise CheckpointError(f"{checkpoint} cannot be composed from: {error}") from None
        self._engine = Engine(load_network(checkpoint), self._vocabulary)

    def compose(
        self,
        settings: SamplingSettings,
        *,
        on_progress: Callable[[float], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Composition:
        """Compose a piece. The same checkpoint and settings give the same piece.

        Args:
            settings: seed, length and how boldly to choose.
            on_progress: given the share that is done, 0 to 1, every `CHUNK` tokens.
            should_stop: asked as often; if true, the piece ends with what there is.

        Returns:
            The piece; if its first take was stuck, a second one from a seed derived from the
            first, marked if that is stuck too.
        """
        for number in range(_TAKES):
            take = self._take(settings, number, on_progress, should_stop)
            decoded = self._vocabulary.decode(take.tokens, tempo_bpm=settings.tempo_bpm)
            score = begin_at_first_note(decoded)
            reason = stuck_reason(score)
            if reason is None or take.finished == "cancelled":
                break
        return Composition(
            score=score,
            tokens=take.tokens,
            seconds=score.duration_seconds,
            note_count=score.note_count,
            finished=take.finished,
            stuck=reason is not None,
            stuck_reason=reason,
            takes=number + 1,
        )

    def _take(
        self,
        settings: SamplingSettings,
        number: int,
        on_progress: Callable[[float], None] | None,
        should_stop: Callable[[], bool] | None,
    ) -> _Take:
        vocabulary = self._vocabulary
        random = np.random.default_rng([settings.seed, number])
        takes = self._engine.start()
        tokens = np.array([vocabulary.bos], np.int32)
        ends = np.zeros(1, np.float32)
        limits = Limits(_NEVER, _NEVER)
        cancelled = False
        while True:
            count = CHUNK if len(tokens) > 1 else _PRELUDE
            takes, chunk = self._engine.advance(
                takes,
                random.random((count, 1), np.float32),
                limits,
                temperature=settings.temperature,
                top_k=settings.top_k,
                top_p=settings.top_p,
                forced=self._front(settings, count) if len(tokens) == 1 else None,
            )
            tokens = np.concatenate([tokens, chunk.tokens[:, 0]])
            ends = np.concatenate([ends, chunk.end_probability[:, 0]])
            limits = self._limits(settings, tokens)
            ticks = int(vocabulary.ticks_of_token[tokens].sum())
            if on_progress is not None:
                on_progress(min(1.0, ticks / limits.least_ticks))
            if tokens[-1] == vocabulary.eos:
                return _Take(tokens, "eos")
            cancelled = should_stop is not None and should_stop()
            too_many = len(tokens) > _MOST_TOKENS_PER_SECOND * settings.length_seconds
            if cancelled or too_many or ticks > limits.most_ticks:
                break
        return self._cut(tokens, ends, limits, cancelled=cancelled)

    def _front(self, settings: SamplingSettings, count: int) -> npt.NDArray[np.int32]:
        forced = np.full((count, 1), NO_TOKEN, np.int32)
        if settings.tempo_bpm is not None:
            forced[0] = self._vocabulary.tempo_token(settings.tempo_bpm)
        return forced

    def _limits(self, settings: SamplingSettings, tokens: npt.NDArray[np.int32]) -> Limits:
        tempo_bpm = settings.tempo_bpm or self._vocabulary.tempo_of(tokens)
        ticks = settings.length_seconds * tempo_bpm / 60.0 * self._vocabulary.grid_per_quarter
        return Limits(int(_LEAST_SHARE * ticks), int(_MOST_SHARE * ticks))

    def _cut(
        self, tokens: npt.NDArray[np.int32], ends: npt.NDArray[np.float32], limits: Limits, *, cancelled: bool
    ) -> _Take:
        steps = self._vocabulary.ticks_of_token[tokens]
        before = np.cumsum(steps) - steps
        least = 0 if cancelled else limits.least_ticks
        kept = best_cut(before, ends, least, limits.most_ticks)
        if kept is not None and not cancelled:
            tokens = np.append(tokens[:kept], np.int32(self._vocabulary.eos)).astype(np.int32)
        return _Take(tokens, "cancelled" if cancelled else "length")
