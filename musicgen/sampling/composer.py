"""Composing: from a checkpoint, a seed and a few settings to scores, whole or note by note."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from musicgen.learning.checkpoint import CheckpointError, load_network, read_checkpoint
from musicgen.representation import RepresentationError, Vocabulary, load_vocabulary
from musicgen.sampling.abilities import check_abilities
from musicgen.sampling.drawing import Drawing, Take
from musicgen.sampling.engine import Engine
from musicgen.sampling.prompts import Prompt
from musicgen.sampling.scoring import Scoring, scoring_of
from musicgen.sampling.settings import MOST_TAKES, SamplingSettings, SamplingSettingsError
from musicgen.sampling.streaming import NoteStream, StreamedNote
from musicgen.score import Score

_DRAWS: Final = 2  # a stuck take is drawn anew once
_BATCHES: Final = (1, 2, 4, 8)  # a loop is compiled for each size that is asked for


@dataclass(frozen=True, slots=True)
class Composition:
    """A composed piece.

    Attributes:
        score: the music, what it set out from included.
        tokens: int32 (n,), what the network wrote, from `bos` on.
        seconds: its duration.
        note_count: how many notes.
        finished: "eos" if the network ended it, "length" if it was ended at the network's most
            likely place near the length asked for, "cancelled" if `should_stop` said so.
        stuck: whether it repeats itself or is silent, in spite of a second take.
        stuck_reason: in words, if so.
        takes: how many were drawn.
        seed: that makes it again alone.
    """

    score: Score
    tokens: npt.NDArray[np.int32]
    seconds: float
    note_count: int
    finished: Literal["eos", "length", "cancelled"]
    stuck: bool
    stuck_reason: str | None
    takes: int
    seed: int = 0


@dataclass(frozen=True, slots=True)
class StreamChunk:
    """Notes of one take that have just become final.

    Attributes:
        take: which, from 0 on.
        notes: in order of onset; none starts before one that came earlier.
        restarted: the take was stuck and is drawn anew: forget its notes so far, then take these.
        progress: the share of the take that is done, 0 to 1.
        composition: the whole piece, in the take's last chunk; None before.
    """

    take: int
    notes: tuple[StreamedNote, ...]
    restarted: bool
    progress: float
    composition: Composition | None = None


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
            vocabulary = load_vocabulary(self.info.vocabulary)
        except RepresentationError as error:
            raise CheckpointError(f"{checkpoint} cannot be composed from: {error}") from None
        self._begin(load_network(checkpoint), vocabulary, self.info.settings)

    @classmethod
    def of_network(cls, network: Any, vocabulary: Vocabulary) -> Composer:
        """A composer for a network at hand, with its weights as they are at each piece.

        Args:
            network: of tokens, built.
            vocabulary: it was built for.
        """
        composer = cls.__new__(cls)
        composer._begin(network, vocabulary, {})
        return composer

    def _begin(self, network: Any, vocabulary: Vocabulary, training: Mapping[str, Any]) -> None:
        self._network = network
        self._vocabulary = vocabulary
        self._training = training
        self._engines: dict[int, Engine] = {}

    def compose(
        self,
        settings: SamplingSettings,
        *,
        prompt: Prompt | None = None,
        on_progress: Callable[[float], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Composition:
        """Compose a piece. The same checkpoint, settings and prompt give the same piece.

        Args:
            settings: seed, length, how boldly to choose, and what is asked for.
            prompt: music to set out from.
            on_progress: given the share that is done, 0 to 1, with every chunk of tokens.
            should_stop: asked as often; if true, the piece ends with what there is.

        Returns:
            The piece; if its first take was stuck, a second one from a seed derived from the
            first, marked if that is stuck too.

        Raises:
            SamplingSettingsError, PromptError: asked for what this checkpoint cannot do.
        """
        (made,) = self.compose_takes(
            settings, 1, prompt=prompt, on_progress=on_progress, should_stop=should_stop
        )
        return made

    def compose_takes(
        self,
        settings: SamplingSettings,
        count: int,
        *,
        prompt: Prompt | None = None,
        on_progress: Callable[[float], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> list[Composition]:
        """Compose several pieces in one loop; take i is what `settings.for_take(i)` gives alone.

        Args:
            count: 1 to `MOST_TAKES`; the rest as for `compose`.
        """
        made: dict[int, Composition] = {}
        least = [0.0] * count
        for chunk in self._chunks(settings, count, prompt, should_stop, streams=False):
            least[chunk.take] = max(least[chunk.take], chunk.progress)
            if on_progress is not None:
                on_progress(min(least))
            if chunk.composition is not None:
                made[chunk.take] = chunk.composition
        return [made[take] for take in range(count)]

    def stream(
        self,
        settings: SamplingSettings,
        *,
        takes: int = 1,
        prompt: Prompt | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Iterator[StreamChunk]:
        """Compose note by note: what `compose_takes` gives, as it comes.

        The notes of a take since its last restart are those of its composition, in the order of
        `streamed_notes`. Closing the iterator stops at once; `should_stop` does so too, and keeps
        what there is.

        Args: as for `compose_takes`.

        Yields:
            Chunks, the last of each take with its composition.
        """
        return self._chunks(settings, takes, prompt, should_stop, streams=True)

    def _chunks(
        self,
        settings: SamplingSettings,
        count: int,
        prompt: Prompt | None,
        should_stop: Callable[[], bool] | None,
        *,
        streams: bool,
    ) -> Iterator[StreamChunk]:
        if not 1 <= count <= MOST_TAKES:
            raise SamplingSettingsError("takes", f"takes is {count}, must be 1 to {MOST_TAKES}.")
        check_abilities(self._vocabulary, settings, prompt, training=self._training)
        scoring = scoring_of(self._vocabulary, settings, prompt)
        numbers = list(range(count))
        for draw in range(_DRAWS):
            given = scoring.given
            takes = {number: Take(settings.for_take(number), draw, given) for number in numbers}
            run = _Run(self._drawing(scoring, list(takes.values())), scoring, takes, streams=streams)
            yield from run.chunks(should_stop, is_last=draw == _DRAWS - 1)
            numbers = run.stuck
            if not numbers:
                return

    def _drawing(self, scoring: Scoring, takes: Sequence[Take]) -> Drawing:
        size = next(size for size in _BATCHES if size >= len(takes))
        if size not in self._engines:
            self._engines[size] = Engine(self._network, self._vocabulary, batch=size)
        return Drawing(self._engines[size], self._vocabulary, scoring, takes)


class _Run:
    """One drawing of some takes, watched until each is over.

    Attributes:
        stuck: the takes to draw anew.
    """

    def __init__(self, drawing: Drawing, scoring: Scoring, takes: dict[int, Take], *, streams: bool) -> None:
        self.stuck: list[int] = []
        self._drawing = drawing
        self._scoring = scoring
        self._takes = takes
        self._streams = streams
        self._notes = {number: NoteStream() for number in takes}
        self._told: set[int] = set()

    def chunks(self, should_stop: Callable[[], bool] | None, *, is_last: bool) -> Iterator[StreamChunk]:
        """What comes of the takes; nothing of one that is to be drawn anew from when that is known."""
        waiting = dict(self._takes)
        while waiting:
            self._drawing.advance()
            is_cancelled = should_stop is not None and should_stop()
            for number, take in list(waiting.items()):
                if is_cancelled:
                    self._drawing.cancel(take)
                chunk = self._chunk(number, take, is_last=is_last)
                if chunk is None or take.finished is not None:
                    del waiting[number]
                if chunk is not None:
                    yield chunk

    def _chunk(self, number: int, take: Take, *, is_last: bool) -> StreamChunk | None:
        restarted = take.number > 0 and number not in self._told
        progress = self._drawing.progress(take)
        is_whole = take.finished is not None
        if not is_whole and not self._streams:
            self._told.add(number)
            return StreamChunk(number, (), restarted, progress)
        tokens = take.tokens[: max(self._drawing.kept(take), len(take.given))]
        if not is_whole and len(tokens) < len(take.given):  # what is given is still being read
            return StreamChunk(number, (), restarted, progress)
        score = self._scoring.score_of(tokens)
        reason = self._scoring.flaw_of(score, tokens, is_whole=is_whole)
        if reason is not None and take.finished != "cancelled" and not is_last:
            self._drawing.cancel(take)
            self.stuck.append(number)
            return None
        self._told.add(number)
        notes: tuple[StreamedNote, ...] = ()
        if self._streams:
            final = self._scoring.final_before(score, tokens)
            notes = tuple(self._notes[number].grown(score, is_whole=is_whole, final_before=final))
        made = _composition(take, score, reason) if is_whole else None
        return StreamChunk(number, notes, restarted, progress, made)


def _composition(take: Take, score: Score, reason: str | None) -> Composition:
    assert take.finished is not None  # narrows the type
    return Composition(
        score=score,
        tokens=take.tokens,
        seconds=score.duration_seconds,
        note_count=score.note_count,
        finished=take.finished,
        stuck=reason is not None,
        stuck_reason=reason,
        takes=take.number + 1,
        seed=take.settings.seed,
    )
