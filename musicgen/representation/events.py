"""MidiTok's events: music as one sequence of bars or shifts, programs, pitches, velocities, lengths.

MidiTok (Fradet et al. 2021, arXiv:2310.17202) writes the tokens, as REMI (Huang & Yang 2020: bars
and positions) or as TSD (shifts of time); attributes stand before them, see `event_attributes`, and
sequences for infilling and accompaniment are made of them in `event_tasks`. The whole list of tokens
is saved, and reading them back is done here: what was learned once means the same with any later
MidiTok, and composing needs none. Knows scores and integers; no MIDI bytes, no files, no networks.

Keeps: every note of every program, drums too; onsets to the nearest 1/24 quarter note; durations to
the nearest of 124, exact up to two quarter notes and at most 32; velocities to the nearest of 32;
cents to the nearest ten where the corpus has them; the sustain pedal where asked, as tokens or in
the lengths of notes; where asked, glides of instruments that one part alone plays, to the nearest 25
cents and 1/24 quarter; changes of tempo, to the nearest of 12 an octave between 30 and 240; under REMI
meters of quarters and eighths, halves and most sixteenths written as such; under TSD the main meter
only. By the clock (time in seconds, for performances, whose beats nobody knows) time is kept to the
nearest 1/48 of a second, and tempi and meters are not.

Loses: which of several parts of one program plays a note; names and banks; other glides, of which
the cents at a note's beginning are left; other meters, which go on in the bars of the one before;
rests after the last note; keys; instruments that the corpus does not have are played by the nearest
one that it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Final, Self

import numpy as np
import numpy.typing as npt

from musicgen.representation import event_attributes as front
from musicgen.representation.errors import RepresentationError
from musicgen.representation.event_encoding import KINDS, SETTINGS, base_tokens, miditok_tokens
from musicgen.representation.event_grammar import DRUM_PROGRAM, POSITIONS_PER_BEAT, event_grammar
from musicgen.representation.event_reading import EventReader
from musicgen.representation.event_surveying import Found, found_in
from musicgen.representation.event_voices import by_the_clock, voices_of
from musicgen.representation.grammar import Grammar
from musicgen.representation.vocabulary import Tokens
from musicgen.score import DEFAULT_TEMPO_BPM, Score

VERSION: Final = 2  # of the layout of tokens and JSON
TIMES: Final = ("beats", "seconds")
PEDALS: Final = ("keys", "lengths", "tokens")
_SPECIAL: Final = ("PAD", "BOS", "EOS")
_TASK_MARKS: Final = ("Gap_None", "Fill_None")
_QUARTER: Final = 4
_NUMBERED: Final = ("Program", "Cents", "Bend")  # kinds of which a vocabulary has some


class EventVocabulary:
    """PAD, BOS, EOS, attributes, marks of gaps, then MidiTok's tokens, each a string like ``Pitch_60``.

    Args:
        tokens: all of them in the order of their ids.
        tokenizer: "remi" or "tsd".
        styles: names of datasets or styles that pieces are told apart by.
        settings: what MidiTok was told, and under "time" and "pedal" one of `TIMES` and `PEDALS`.

    Raises:
        RepresentationError: a list that is not of this tokenizer and these styles.
    """

    name: ClassVar[str] = "events"
    grid_per_quarter: ClassVar[int] = POSITIONS_PER_BEAT
    pad: ClassVar[int] = 0
    bos: ClassVar[int] = 1
    eos: ClassVar[int] = 2

    def __init__(
        self,
        tokens: Sequence[str],
        tokenizer: str = KINDS[0],
        styles: Sequence[str] = (),
        settings: Mapping[str, Any] = SETTINGS,
    ) -> None:
        if tokenizer not in KINDS:
            raise RepresentationError(f"There is no tokenizer {tokenizer!r}; known: {', '.join(KINDS)}.")
        self.tokens = tuple(tokens)
        self.tokenizer = tokenizer
        self.styles = tuple(styles)
        self.settings = {"time": TIMES[0], "pedal": PEDALS[0], **settings}
        self.time, self.pedal = self.settings["time"], self.settings["pedal"]
        if self.time not in TIMES or self.pedal not in PEDALS:
            raise RepresentationError(f"There is no time in {self.time!r}, or no pedal in {self.pedal!r}.")
        self.groups = front.groups(self.styles, with_meter=self._tells_meter)
        self._id = {token: number for number, token in enumerate(self.tokens)}
        fixed = (*_fixed(self.groups), *_TASK_MARKS)
        if self.tokens[: len(fixed)] != fixed or len(self._id) != len(self.tokens):
            raise RepresentationError(
                "The vocabulary lists a token twice, or other ones at the front than its styles ask for; "
                "prepare the corpus again."
            )
        self._parsed = [_parsed(token) for token in self.tokens]
        try:
            self._reader = EventReader(self._parsed)
        except (ValueError, ZeroDivisionError) as error:
            raise RepresentationError(
                f"A token of the vocabulary cannot be read ({error}); prepare the corpus again."
            ) from error

    @property
    def _tells_meter(self) -> bool:
        return self.tokenizer == "tsd" and self.time == "beats"

    @classmethod
    def build(
        cls,
        scores: Iterable[Score] = (),
        *,
        tokenizer: str = KINDS[0],
        styles: Sequence[str] = (),
        time: str = TIMES[0],
        pedal: str = PEDALS[0],
        glides: bool = False,
    ) -> Self:
        """The vocabulary of a corpus: with its instruments, and cents if it has them.

        Args:
            scores: read once; without any, all instruments are known, and no cents.
            tokenizer: "remi" or "tsd".
            styles: see the class. With a single one, all pieces are of it.
            time: "beats", or "seconds" for performances, whose beats nobody knows; TSD only.
            pedal: "keys" if notes last as long as their keys are held, "lengths" if as long as the
                pedal holds them, "tokens" if the pedal is to be written as well.
            glides: whether bends during a note are to be written, if the corpus has them.

        Raises:
            RepresentationError: an unknown choice, or two that do not go together.
        """
        if tokenizer not in KINDS:
            raise RepresentationError(f"There is no tokenizer {tokenizer!r}; known: {', '.join(KINDS)}.")
        if time == "seconds" and tokenizer != "tsd":
            raise RepresentationError("Only the tokenizer tsd can write time in seconds: remi counts bars.")
        found = found_in(scores)
        fixed = _fixed(front.groups(styles, with_meter=tokenizer == "tsd" and time == "beats"))
        base = [token for token in base_tokens(tokenizer) if _is_wanted(token, found, time)]
        cents = [f"Cents_{value}" for value in found.cents]
        pedals = ["Pedal_None"] if pedal == "tokens" else []
        bends = [f"Bend_{value}" for value in found.bends] if glides else []
        settings = {**SETTINGS, "time": time, "pedal": pedal}
        return cls((*fixed, *_TASK_MARKS, *base, *cents, *pedals, *bends), tokenizer, styles, settings)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The vocabulary that `to_json` wrote.

        Raises:
            RepresentationError: of another version, or damaged.
        """
        if data.get("representation") != cls.name or data.get("version") != VERSION:
            raise RepresentationError(
                f"This is a vocabulary of {data.get('representation')!r} version {data.get('version')!r}; "
                f"this program reads {cls.name!r} version {VERSION}. Prepare the corpus again."
            )
        tokens, styles = data.get("tokens"), data.get("styles")
        for listed in (tokens, styles):
            if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
                raise RepresentationError("The vocabulary is damaged; prepare the corpus again.")
        return cls(data["tokens"], data.get("tokenizer", ""), data["styles"], data.get("settings", {}))

    def to_json(self) -> dict[str, Any]:
        """The vocabulary as plain JSON values, every token among them."""
        return {
            "representation": self.name,
            "version": VERSION,
            "tokenizer": self.tokenizer,
            "settings": dict(self.settings),
            "styles": list(self.styles),
            "tokens": list(self.tokens),
        }

    @property
    def front_length(self) -> int:
        """How many tokens stand before the music."""
        return 1 + len(self.groups)

    @property
    def size(self) -> int:
        """How many tokens there are."""
        return len(self.tokens)

    @cached_property
    def ticks_of_token(self) -> Tokens:
        """int32 (size,): by how many grid ticks a token moves time forward.

        Under REMI a bar is counted whole, at its TimeSig, when it begins.
        """
        ticks = np.zeros(self.size, np.int32)
        for number, (kind, value) in enumerate(self._parsed):
            if kind == "TimeSig":
                beats, unit = map(int, value.split("/"))
                ticks[number] = beats * _QUARTER * self.grid_per_quarter // unit
            elif kind == "TimeShift":
                beats, steps, steps_per_beat = map(int, value.split("."))
                ticks[number] = (beats * steps_per_beat + steps) * self.grid_per_quarter // steps_per_beat
        ticks.setflags(write=False)
        return ticks

    @cached_property
    def note_count_of_token(self) -> Tokens:
        """int32 (size,): how many notes a token strikes."""
        counts = np.array([kind in ("Pitch", "PitchDrum") for kind, _ in self._parsed], np.int32)
        counts.setflags(write=False)
        return counts

    def grammar(self) -> Grammar:
        """Which tokens may follow which; see `event_grammar`."""
        return event_grammar(self._parsed, tuple(self.groups))

    def attributes(self, score: Score, style: str | None = None) -> dict[str, int]:
        """The tokens at the front of a score with notes, by group.

        Args:
            score: to look at.
            style: one of `styles`; when left out, the only one, or any.

        Raises:
            RepresentationError: a style that is not among `styles`.
        """
        if style is None:
            style = self.styles[0] if len(self.styles) == 1 else front.ANY
        values = front.attributes_of(score, style)
        if self.time == "seconds":
            values[front.PACE] = front.ANY
        return {group: self.attribute_token(group, values[group]) for group in self.groups}

    def attribute_token(self, group: str, value: str) -> int:
        """The token of an attribute, such as Mode and minor.

        Raises:
            RepresentationError: there is none.
        """
        if value not in self.groups.get(group, ()):
            known = "; ".join(f"{name}: {', '.join(values)}" for name, values in self.groups.items())
            raise RepresentationError(f"There is no attribute {group} {value}; there are {known}.")
        return self._id[f"{group}_{value}"]

    def encode(self, score: Score, *, style: str | None = None) -> Tokens:
        """A score as tokens, from BOS to EOS.

        Args:
            score: with notes.
            style: see `attributes`.

        Returns:
            int32 (n,), legal in `grammar()`.

        Raises:
            RepresentationError: no notes, or a score that is far too long; a MidiTok that writes
                other tokens than these.
        """
        body = self._body(score)
        try:
            tokens = [self._id[token] for token in body]
        except KeyError as error:
            raise RepresentationError(
                f"The MidiTok that is installed writes {error}, which this vocabulary does not hold; install "
                "the version it was made with, or prepare the corpus again."
            ) from error
        return np.array([self.bos, *self.attributes(score, style).values(), *tokens, self.eos], np.int32)

    def _body(self, score: Score) -> list[str]:
        written = score
        if self.pedal == "lengths":
            from musicgen.midi.pedal import sustained  # from scores to scores, no MIDI in it

            written = sustained(written)
        if self.time == "seconds":
            written = by_the_clock(written)
        values = {kind: [value for other, value in self._parsed if other == kind] for kind in _NUMBERED}
        programs = sorted(int(value) for value in values["Program"] if value != DRUM_PROGRAM)
        voices = voices_of(
            written,
            programs,
            with_drums=DRUM_PROGRAM in values["Program"],
            cents=[int(value) for value in values["Cents"]],
            with_pedal=self.pedal == "tokens",
            bends=[int(value) for value in values["Bend"]],
        )
        tokens = miditok_tokens(written, voices, self.tokenizer, self.settings)
        if self.time == "seconds":  # at one tempo, which goes without saying
            return [token for token in tokens if not token.startswith("Tempo")]
        return tokens

    def decode(
        self,
        tokens: Sequence[int] | npt.NDArray[np.integer],
        *,
        tempo_bpm: float | None = None,
        title: str = "",
    ) -> Score:
        """The score that tokens stand for, one part a program.

        A sequence may be cut anywhere: what is complete is kept. Tokens that may not stand where
        they do are passed over.

        Args:
            tokens: ids (n,).
            tempo_bpm: one tempo instead of those among the tokens.
            title: of the score.

        Raises:
            RepresentationError: an id outside the vocabulary.
        """
        listed = self._checked(tokens)
        tempo = self.tempo_of(listed) if tempo_bpm is None else tempo_bpm
        return self._reader.score(listed, tempo_bpm=tempo, one_tempo=tempo_bpm is not None, title=title)

    def _checked(self, tokens: Sequence[int] | npt.NDArray[np.integer]) -> list[int]:
        array = np.asarray(tokens, np.int64)
        outside = (array < 0) | (array >= self.size)
        if outside.any():
            index = int(outside.argmax())
            raise RepresentationError(
                f"Token {index} is {int(array[index])}, but this vocabulary holds 0 to {self.size - 1}; "
                "the tokens were made with another vocabulary."
            )
        return [int(token) for token in array]

    def tempo_of(self, tokens: Sequence[int] | npt.NDArray[np.integer]) -> float:
        """Quarter notes a minute at which `decode` begins; 120 where the tokens say nothing."""
        pace: float | None = None
        for token in tokens:
            kind, value = self._parsed[int(token)]
            if kind == "Tempo":
                return float(value)
            if kind == front.PACE:
                pace = front.tempo_of_pace(value)
            elif kind == "Duration":  # the first note is over: the beginning has no tempo
                break
        return DEFAULT_TEMPO_BPM if pace is None else pace

    def tempo_token(self, tempo_bpm: float) -> int:
        """The attribute that asks for a tempo; with time in seconds there is none to ask for."""
        if self.time == "seconds":
            return self._id[f"{front.PACE}_{front.ANY}"]
        return self._id[f"{front.PACE}_{front.pace_of(tempo_bpm)}"]

    def describe(self, token: int) -> str:
        """A token in words, such as ``pitch 60``."""
        (token,) = self._checked([token])
        if token < len(_SPECIAL):
            return ("pad", "begin", "end")[token]
        kind, value = self._parsed[token]
        if kind == "Program" and value == DRUM_PROGRAM:
            return "program drums"
        return kind.lower() if value == "None" else f"{kind.lower()} {value}"


def _fixed(groups: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    return (*_SPECIAL, *(f"{group}_{value}" for group, values in groups.items() for value in values))


def _is_wanted(token: str, found: Found, time: str) -> bool:
    kind, value = _parsed(token)
    if kind == "PitchDrum":
        return found.with_drums
    if kind == "Program":
        return found.with_drums if value == DRUM_PROGRAM else int(value) in found.programs
    if kind == "Pitch":
        return bool(found.programs)
    return not (kind == "Tempo" and time == "seconds")


def _parsed(token: str) -> tuple[str, str]:
    kind, _, value = token.partition("_")
    return kind, value
