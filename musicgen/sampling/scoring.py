"""Between a piece and its tokens: what a take begins with, and the score that its tokens make.

For most requests a piece is its tokens. In a gap or under a melody the tokens that are new stand
after all that was given; the piece is put together of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from musicgen.representation import EventVocabulary, RepresentationError, Vocabulary
from musicgen.representation.event_grammar import TASK
from musicgen.representation.event_tasks import EventTasks
from musicgen.sampling.pickup import begin_at_first_note
from musicgen.sampling.prompts import (
    Accompaniment,
    Continuation,
    Infilling,
    Prompt,
    PromptError,
    Variation,
    opening_of,
)
from musicgen.sampling.settings import SamplingSettings
from musicgen.sampling.steering import FREE, steering_of
from musicgen.sampling.streaming import last_start
from musicgen.sampling.takes import stuck_passage, stuck_reason
from musicgen.score import Notes, Part, Score

_LEAST_SHARE: Final = 0.75  # of a gap or a melody, before which what is made may not end
_VIEW: Final = 400  # tokens: what is given stays in the network's view while it writes
_BEFORE_SHARE: Final = 0.6  # of them, for what stands before a gap

Tokens = npt.NDArray[np.int32]


class Scoring:
    """One request's way from settings and prompt to tokens, and from tokens to a score.

    Args:
        vocabulary: the checkpoint's.
        settings: of the request.
        prompt: music to set out from.

    Attributes:
        steering: what the engine is told.
        given: int32 (m,), the tokens that every take begins with, `bos` first; `FREE` where
            the network chooses.

    Raises:
        PromptError: music that has no tokens here.
    """

    def __init__(self, vocabulary: Vocabulary, settings: SamplingSettings, prompt: Prompt | None) -> None:
        self._vocabulary = vocabulary
        self._settings = settings
        self.steering = steering_of(vocabulary, settings)
        try:
            self.given = self._given(prompt)
        except RepresentationError as error:
            raise PromptError(f"This piece cannot be set out from: {error}") from None

    def limits(self, tokens: Tokens) -> tuple[int, int]:
        """The least and most amount of new music, as far as it is known."""
        return self.steering.limits(tokens)

    def score_of(self, tokens: Tokens) -> Score:
        """The music of some tokens, beginning with its first note."""
        score = self._vocabulary.decode(tokens, tempo_bpm=self._settings.tempo_bpm)
        return begin_at_first_note(self._played(score))

    def final_before(self, score: Score, tokens: Tokens) -> int:
        """The tick before which no note of a score that grows can change."""
        return last_start(score)

    def flaw_of(self, score: Score, tokens: Tokens, *, is_whole: bool) -> str | None:
        """Why a take is no music, or will not be; None of one that is."""
        return stuck_reason(score) if is_whole else stuck_passage(score)

    def _played(self, score: Score) -> Score:
        """For the instrument that was asked for."""
        program = self.steering.program
        if program is None:
            return score
        return replace(score, parts=tuple(replace(part, program=program) for part in score.parts))

    def _given(self, prompt: Prompt | None) -> Tokens:
        front = np.array([self._vocabulary.bos, *self.steering.front], np.int32)
        match prompt:
            case Continuation(score, seconds) | Variation(score, seconds):
                tokens = self._vocabulary.encode(opening_of(score, seconds))[:-1]  # without `eos`
                # What is asked for goes before what the opening says of itself.
                asked = np.flatnonzero(front != FREE)
                tokens[asked] = front[asked]
                return np.asarray(tokens, np.int32)
        return front


class TaskScoring(Scoring):
    """For a gap or a melody: new tokens after a prompt, put in their place in the piece."""

    _vocabulary: EventVocabulary

    def __init__(self, vocabulary: EventVocabulary, settings: SamplingSettings, prompt: Prompt) -> None:
        self._tasks = EventTasks(vocabulary)
        self._front_length = vocabulary.front_length
        self._begin = 0  # grid ticks: where what is made begins
        self._ticks = 0  # grid ticks that it may last
        # Its length is that of the gap or the melody, whatever else was asked for.
        super().__init__(vocabulary, replace(settings, length_bars=None, length_notes=None), prompt)

    def limits(self, tokens: Tokens) -> tuple[int, int]:
        """As long as the gap or the melody, whatever length the settings say."""
        return int(_LEAST_SHARE * self._ticks), self._ticks

    def score_of(self, tokens: Tokens) -> Score:
        """The whole piece, with what is made so far."""
        parts: dict[tuple[bool, int], list[Part]] = {}
        for part in (*self._kept.parts, *self._made(tokens).parts):
            parts.setdefault((part.is_drum, part.program), []).append(part)
        joined = (
            replace(several[0], notes=Score(tuple(several)).all_notes())
            for _, several in sorted(parts.items(), key=lambda item: item[0])
        )
        return replace(self._kept, parts=tuple(joined))

    def final_before(self, score: Score, tokens: Tokens) -> int:
        """Where what is made has come to: it is written last, but may stand before other notes."""
        scale = score.ticks_per_quarter // self._vocabulary.grid_per_quarter
        return max(last_start(self._made(tokens)), self._begin * scale)

    def flaw_of(self, score: Score, tokens: Tokens, *, is_whole: bool) -> str | None:
        """Only whether anything was written: the rest is not the network's."""
        return "it wrote nothing" if is_whole and not self._made(tokens).note_count else None

    def _made(self, tokens: Tokens) -> Score:
        """What the tokens after the given ones stand for, where it belongs."""
        made = np.concatenate([self._head, tokens[len(self.given) :]]).astype(np.int32)
        score = self._played(self._vocabulary.decode(made, tempo_bpm=self._settings.tempo_bpm))
        moved = self._begin * score.ticks_per_quarter // self._vocabulary.grid_per_quarter
        return replace(score, parts=tuple(replace(p, notes=_later(p.notes, moved)) for p in score.parts))

    def _given(self, prompt: Prompt | None) -> Tokens:
        assert isinstance(prompt, Infilling | Accompaniment)
        tokens = np.asarray(self._vocabulary.encode(prompt.score), np.int32)
        front = np.array([self._vocabulary.bos, *self.steering.front], np.int32)
        task = list(self._vocabulary.groups).index(TASK) + 1
        asked = [place for place in np.flatnonzero(front != FREE).tolist() if place != task]
        tokens[asked] = front[asked]
        self._head = tokens[: self._front_length]
        self._kept = self._vocabulary.decode(tokens, tempo_bpm=self._settings.tempo_bpm)
        body = tokens[self._front_length : -1]
        if isinstance(prompt, Accompaniment):
            return self._under(body, tokens)
        return self._between(prompt, body)

    def _under(self, body: Tokens, tokens: Tokens) -> Tokens:
        if len(body) > _VIEW:
            seconds = self._kept.duration_seconds * _VIEW / len(body)
            raise PromptError(
                f"This melody is too long to be accompanied at once; take its first {seconds:.0f} seconds."
            )
        self._ticks = int(self._vocabulary.ticks_of_token[body].sum())
        return self._tasks.accompanied(tokens)

    def _between(self, prompt: Infilling, body: Tokens) -> Tokens:
        ticks = self._vocabulary.ticks_of_token[body].astype(np.int64)
        breaks = [*self._tasks.breaks(body), len(body)]
        reached = [int(ticks[:place].sum()) for place in breaks]
        begin, end = self._grid_ticks((prompt.from_seconds, prompt.to_seconds))
        first = max((p for p, at in zip(breaks, reached, strict=True) if at <= begin), default=0)
        after = min((p for p, at in zip(breaks, reached, strict=True) if at >= end), default=len(body))
        if begin >= end or first >= after:
            raise PromptError("The passage to write anew holds nothing; mark a longer one.")
        self._begin = int(ticks[:first].sum())
        self._ticks = int(ticks[first:after].sum())
        self._kept = self._without_passage()
        low = max((p for p in [0, *breaks] if p <= first - _BEFORE_SHARE * _VIEW), default=0)
        fits = [p for p in breaks if after <= p <= after + (1 - _BEFORE_SHARE) * _VIEW]
        high = max(fits, default=after)
        stretch = body[low:high]
        return self._tasks.infilling_between(self._head, stretch, first - low, after - low)[0]

    def _grid_ticks(self, seconds: Sequence[float]) -> list[int]:
        scale = self._kept.ticks_per_quarter // self._vocabulary.grid_per_quarter
        grid = np.arange(self._kept.end_ticks // scale + 2)
        found: list[int] = np.searchsorted(self._kept.seconds_at(grid * scale), seconds).tolist()
        return found

    def _without_passage(self) -> Score:
        """What stays of a piece whose passage is written anew.

        Under REMI a passage begins with a bar; under TSD with a step of time, after what begins there.
        """
        scale = self._kept.ticks_per_quarter // self._vocabulary.grid_per_quarter
        shift = 0 if self._vocabulary.tokenizer == "remi" else 1
        begin, end = (ticks * scale + shift for ticks in (self._begin, self._begin + self._ticks))
        parts = tuple(replace(p, notes=_outside(p.notes, begin, end)) for p in self._kept.parts)
        return replace(self._kept, parts=parts)


def scoring_of(vocabulary: Vocabulary, settings: SamplingSettings, prompt: Prompt | None) -> Scoring:
    """The way of a request.

    Raises:
        PromptError: music that has no tokens here.
    """
    if isinstance(prompt, Infilling | Accompaniment):
        assert isinstance(vocabulary, EventVocabulary)  # abilities were checked
        return TaskScoring(vocabulary, settings, prompt)
    return Scoring(vocabulary, settings, prompt)


def _outside(notes: Notes, begin: int, end: int) -> Notes:
    kept = (notes.start_ticks < begin) | (notes.start_ticks >= end)
    columns = (notes.start_ticks, notes.pitch, notes.duration_ticks, notes.velocity, notes.cents)
    return Notes(*(column[kept] for column in columns))


def _later(notes: Notes, ticks: int) -> Notes:
    return Notes(notes.start_ticks + ticks, notes.pitch, notes.duration_ticks, notes.velocity, notes.cents)
