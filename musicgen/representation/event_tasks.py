"""Sequences of events that ask for more than a piece from nothing: infilling and accompaniment.

What is given stands before what is to be made, in the order that `event_grammar` shows::

    infilling     := front (task infill) before Gap time after Fill passage EOS
    accompaniment := front (task accompany) melody Fill rest EOS

The time of the gap is said before what comes after it, so that this stays where it is however long
the passage made turns out; `decode` puts all in its place. A prompt is such a sequence up to Fill.
Works on tokens alone, so that training can make such sequences out of any stretch of a piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from musicgen.representation import event_attributes as front
from musicgen.representation.errors import RepresentationError
from musicgen.representation.event_grammar import COMPOSE, TASK
from musicgen.representation.events import EventVocabulary
from musicgen.representation.vocabulary import Tokens

_NOTE_STARTS: Final = ("Pitch", "PitchDrum", "Pedal")


@dataclass(frozen=True, slots=True)
class _Note:
    """A note or a pedal among tokens: where it stands, when it sounds, in whose program."""

    tokens: list[int]
    pitch: int  # −1 for what has none: drums and pedals
    start: int
    end: int
    program: int  # token; −1 before any


class EventTasks:
    """Makes the sequences of one vocabulary.

    Args:
        vocabulary: of the tokens.
    """

    def __init__(self, vocabulary: EventVocabulary) -> None:
        self._vocabulary = vocabulary
        parsed = [token.partition("_") for token in vocabulary.tokens]
        self._kinds = [kind for kind, _, _ in parsed]
        self._values = [value for _, _, value in parsed]
        ids = {token: number for number, token in enumerate(vocabulary.tokens)}
        self._gap, self._fill = ids["Gap_None"], ids["Fill_None"]
        ticks = vocabulary.ticks_of_token
        shifts = [number for number, kind in enumerate(self._kinds) if kind == "TimeShift"]
        self._shifts = sorted(((int(ticks[shift]), shift) for shift in shifts), reverse=True)
        self._lengths = np.array(
            [_grid_ticks(value) if kind == "Duration" else 0 for kind, _, value in parsed], np.int64
        )
        self._task_at = 1 + list(vocabulary.groups).index(TASK)
        self._task = {name: vocabulary.attribute_token(TASK, name) for name in vocabulary.groups[TASK]}

    def infilling(self, tokens: Tokens, start_ticks: int, end_ticks: int) -> tuple[Tokens, Tokens]:
        """A piece with a passage taken out, and the passage.

        Args:
            tokens: a piece, or a stretch of one after a front, from `bos`; `eos` may be missing.
            start_ticks, end_ticks: the passage, in grid ticks; it is widened to where something
                begins, under REMI to whole bars.

        Returns:
            The prompt, from `bos` to Fill, and what it asks for, without `eos`.

        Raises:
            RepresentationError: nothing begins in the passage.
        """
        head, body = self._split(tokens)
        places = self.breaks(body)
        times = self._times(body)
        first = next((place for place in places if times[place] >= start_ticks), len(body))
        first = first if start_ticks > 0 else 0
        after = next((place for place in places if times[place] >= end_ticks), len(body))
        if first >= after:
            raise RepresentationError("Nothing begins in the passage; mark a longer one.")
        return self.infilling_between(head, body, first, after)

    def infilling_between(self, head: Tokens, body: Tokens, first: int, after: int) -> tuple[Tokens, Tokens]:
        """As `infilling`, for the passage between two of the `breaks` of a body."""
        passage = body[first:after]
        prompt = (
            *self._asking(head, front.INFILL),
            *body[:first],
            *(self._gap, *self._silence(passage)),
            *(*self._led(body, after), self._fill),
        )
        made = self._led(body[:after], first)
        sounding = [place for place, token in enumerate(made) if self._kinds[token] == "Duration"]
        # Bars of rest at its end say nothing: where the rest goes on has been said.
        return np.array(prompt, np.int32), made[: sounding[-1] + 1] if sounding else made

    def accompaniment(self, tokens: Tokens) -> tuple[Tokens, Tokens]:
        """The melody of a piece as a prompt, and the rest.

        The melody is the highest voice: notes above all that sounds with them.

        Args:
            tokens: as for `infilling`.

        Returns:
            The prompt, from `bos` to Fill, and what it asks for, without `eos`.

        Raises:
            RepresentationError: there is nothing but a melody, or none.
        """
        head, body = self._split(tokens)
        notes = self._notes(body)
        is_melody = _highest(notes)
        if is_melody.all() or not is_melody.any():
            raise RepresentationError("Melody and accompaniment cannot be told apart here.")
        melody = self._kept(body, notes, is_melody)
        rest = self._kept(body, notes, ~is_melody)
        return self._given(head, melody), rest

    def accompanied(self, melody: Tokens) -> Tokens:
        """The prompt that asks for an accompaniment to all that is given.

        Args:
            melody: a piece, as `encode` writes it.
        """
        return self._given(*self._split(melody))

    def breaks(self, body: Tokens) -> list[int]:
        """Where a body may be cut: where time moves on, under REMI at bars; its end is none."""
        kinds = [self._kinds[token] for token in body]
        if self._vocabulary.tokenizer == "remi":
            return [place for place, kind in enumerate(kinds) if kind == "Bar"]
        is_shift = [kind == "TimeShift" for kind in kinds]
        return [place for place, it in enumerate(is_shift) if it and not (place and is_shift[place - 1])]

    def _split(self, tokens: Tokens) -> tuple[Tokens, Tokens]:
        tokens = np.asarray(tokens, np.int32)
        length = self._vocabulary.front_length
        if len(tokens) < length or tokens[0] != self._vocabulary.bos:
            raise RepresentationError("These tokens are no piece: they do not begin as one.")
        if tokens[self._task_at] != self._task[COMPOSE]:
            raise RepresentationError("These tokens are already a task of their own.")
        body = tokens[length:]
        return tokens[:length], body[:-1] if len(body) and body[-1] == self._vocabulary.eos else body

    def _asking(self, head: Tokens, task: str) -> Tokens:
        head = head.copy()
        head[self._task_at] = self._task[task]
        return head

    def _given(self, head: Tokens, melody: Tokens) -> Tokens:
        return np.concatenate([self._asking(head, front.ACCOMPANY), melody, [self._fill]]).astype(np.int32)

    def _times(self, body: Tokens) -> npt.NDArray[np.int64]:
        """int64 (n,): grid ticks when each token is reached; of a shift, when its whole run is over."""
        steps = self._vocabulary.ticks_of_token[body].astype(np.int64)
        if self._vocabulary.tokenizer == "remi":
            return np.asarray(np.cumsum(steps) - steps)
        times = np.asarray(np.cumsum(steps))
        for place in range(len(body) - 2, -1, -1):
            if self._kinds[body[place]] == self._kinds[body[place + 1]] == "TimeShift":
                times[place] = times[place + 1]
        return times

    def _silence(self, passage: Tokens) -> list[int]:
        if self._vocabulary.tokenizer == "remi":
            return [int(token) for token in passage if self._kinds[token] in ("Bar", "TimeSig")]
        return self._shifted(int(self._vocabulary.ticks_of_token[passage].sum()))

    def _shifted(self, ticks: int) -> list[int]:
        """Shifts that make up a time, the longest first."""
        tokens = []
        for length, shift in self._shifts:
            count, ticks = divmod(ticks, length)
            tokens += [shift] * count
        return tokens

    def _led(self, body: Tokens, start: int) -> Tokens:
        """A body from a break on, with the program in force said again where there are several."""
        rest = body[start:]
        programs = [int(token) for token in body[:start] if self._kinds[token] == "Program"]
        notes = [place for place, token in enumerate(rest) if self._kinds[token] in (*_NOTE_STARTS, "Bend")]
        if not programs or not notes or (notes[0] and self._kinds[rest[notes[0] - 1]] == "Program"):
            return rest
        return np.insert(rest, notes[0], programs[-1]).astype(np.int32)

    def _notes(self, body: Tokens) -> list[_Note]:
        notes: list[_Note] = []
        now = bar = 0
        program = -1
        unit = 1.0
        started: list[int] = []
        for token in map(int, body):
            kind = self._kinds[token]
            if kind == "TimeShift":
                now += int(self._vocabulary.ticks_of_token[token])
            elif kind == "TimeSig":
                now, bar = bar, bar + int(self._vocabulary.ticks_of_token[token])
                unit = 4 / int(self._values[token].split("/")[1])
            elif kind == "Position":
                now = bar + round(int(self._values[token]) * unit)
            elif kind == "Program":
                program = token
            if kind in _NOTE_STARTS:
                started = [token]
            elif started:
                started.append(token)
            if kind == "Duration" and started:
                pitch = int(self._values[started[0]]) if self._kinds[started[0]] == "Pitch" else -1
                end = now + round(int(self._lengths[token]) * unit)
                notes.append(_Note(started, pitch, now, end, program))
                started = []
        return notes

    def _kept(self, body: Tokens, notes: Sequence[_Note], keep: npt.NDArray[np.bool_]) -> Tokens:
        """A body with some of its notes: what moves time or changes tempo stays as far as needed."""
        kept: list[int] = []
        waiting: list[int] = []  # bars, position and tempo, until a note comes
        shift = 0
        program = -1
        number = 0
        for token in map(int, body):
            kind = self._kinds[token]
            if kind == "TimeShift":
                shift += int(self._vocabulary.ticks_of_token[token])
            elif kind in ("Bar", "TimeSig"):
                waiting = [other for other in waiting if self._kinds[other] in ("Bar", "TimeSig")]
                waiting.append(token)
            elif kind in ("Position", "Tempo"):
                replaced = ("Position", "Tempo") if kind == "Position" else ("Tempo",)
                waiting = [other for other in waiting if self._kinds[other] not in replaced]
                waiting.append(token)
            elif kind == "Duration":
                if number < len(notes) and notes[number].tokens[-1] == token and keep[number]:
                    note = notes[number]
                    kept += [*self._shifted(shift), *waiting]
                    if note.program not in (-1, program):
                        program = note.program
                        kept.append(program)
                    kept += note.tokens
                    shift, waiting = 0, []
                number += 1
        return np.array(kept, np.int32)


def _grid_ticks(value: str) -> int:
    beats, steps, steps_per_beat = map(int, value.split("."))
    return (beats * steps_per_beat + steps) * EventVocabulary.grid_per_quarter // steps_per_beat


def _highest(notes: Sequence[_Note]) -> npt.NDArray[np.bool_]:
    """Bool (n,): whether no higher note begins with each, or sounds on from before."""
    found = np.zeros(len(notes), np.bool_)
    sounding: list[_Note] = []
    for number, note in enumerate(notes):
        sounding = [other for other in sounding if other.end > note.start]
        together = [other for other in notes[number : number + 64] if other.start == note.start]
        higher = max((other.pitch for other in (*sounding, *together)), default=-1)
        found[number] = note.pitch >= 0 and note.pitch >= higher
        sounding.append(note)
    return found
