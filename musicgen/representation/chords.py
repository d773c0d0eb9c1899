"""The project's own representation: music as one sequence of notes and chords.

Each event is the set of pitches struck together, octaves kept, with its durations and the time
to the next event. Knows scores and integers; no MIDI bytes, no files, no networks.

A corpus of which some notes are nearer to quarter tones than to semitones gets a vocabulary of
quarter tones: its pitches are 50 cents apart, and chords are of such pitches.

Keeps: every onset, exact to 1/24 quarter note; every pitch of every part but drums; durations,
exact up to a quarter note, then rounded to the nearest step and at most 32 quarter notes; the
loudest velocity of each event to the nearest of 16; the score's mean tempo within 3 % and its
main meter.

Loses: drums; which part plays a note, and its program; all but the longest of equal pitches
struck together; velocities inside a chord; changes of tempo and meter; pedal, glides; cents, or
in a vocabulary of quarter tones what is left of them beside the nearest quarter tone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from musicgen.representation import chord_tokens as fixed
from musicgen.representation.chord_grammar import chord_grammar
from musicgen.representation.chord_tokens import MAX_CHORD_PITCHES, MIN_REST_TICKS, SHIFTS, TIME_STEPS
from musicgen.representation.errors import RepresentationError
from musicgen.representation.grammar import Grammar
from musicgen.representation.grid import (
    GridEvents,
    grid_events,
    main_meter,
    mean_tempo_bpm,
    pitch_steps,
)
from musicgen.representation.vocabulary import Tokens
from musicgen.score import TICKS_PER_QUARTER, Notes, Part, Score, TempoChange, TimeSignature

# Of the token layout, by steps a semitone is divided into; written with the vocabulary.
VERSIONS: Final = {1: 1, 2: 2}
_CENTS_PER_SEMITONE: Final = 100
# Stray bends, such as notes that glide into their pitch, do not make a corpus microtonal.
QUARTER_TONE_SHARE: Final = 0.01  # of its notes that must be nearer to quarter tones

Chord = tuple[int, ...]


class ChordVocabulary:
    """The fixed tokens plus one token for each chord that the corpus holds often enough.

    Args:
        chords: sets of 2 to 16 pitches, each ascending; their order numbers the tokens.
        steps_per_semitone: 1, or 2 for quarter tones; pitches then count quarter tones.

    Raises:
        RepresentationError: a chord that is none, or one listed twice; other steps.
    """

    name: ClassVar[str] = "chords"
    grid_per_quarter: ClassVar[int] = fixed.GRID_PER_QUARTER
    pad: ClassVar[int] = fixed.PAD
    bos: ClassVar[int] = fixed.BOS
    eos: ClassVar[int] = fixed.EOS
    front_length: ClassVar[int] = 3  # BOS, tempo, meter

    def __init__(self, chords: Iterable[Chord] = (), *, steps_per_semitone: int = 1) -> None:
        if steps_per_semitone not in VERSIONS:
            raise RepresentationError(
                f"A semitone is divided into 1 or 2 steps, not {steps_per_semitone!r}; "
                "the vocabulary is damaged, prepare the corpus again."
            )
        self.steps_per_semitone = steps_per_semitone
        self.pitch_count = 128 * steps_per_semitone
        self.first_chord = fixed.FIRST_PITCH + self.pitch_count
        self.chords: tuple[Chord, ...] = tuple(chords)
        for chord in self.chords:
            _check_chord(chord, self.pitch_count)
        self._token_of_chord = {
            bytes(chord): self.first_chord + index for index, chord in enumerate(self.chords)
        }
        if len(self._token_of_chord) != len(self.chords):
            raise RepresentationError("The vocabulary lists a chord twice; rebuild it from its corpus.")

    @classmethod
    def build(
        cls,
        scores: Iterable[Score],
        *,
        min_count: int = 2,
        max_chords: int = 2000,
        steps_per_semitone: int | None = None,
    ) -> ChordVocabulary:
        """The vocabulary of a corpus: its commonest chords, the commonest first.

        Args:
            scores: read once, so that they may be made one by one.
            min_count: how often a chord must be struck to get a token of its own.
            max_chords: how many chords get one at most; all others are spelled pitch by pitch.
            steps_per_semitone: 1 or 2; when left out, 2 if a share of `QUARTER_TONE_SHARE` of
                the notes is nearer to quarter tones than to semitones.
        """
        counting = _ChordCounts()
        for score in scores:
            counting.add(score)
        steps = steps_per_semitone or counting.steps_per_semitone
        often = [(chord, count) for chord, count in counting.of(steps).items() if count >= min_count]
        often.sort(key=lambda item: (-item[1], item[0]))
        return cls((tuple(chord) for chord, _ in often[:max_chords]), steps_per_semitone=steps)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ChordVocabulary:
        """The vocabulary that `to_json` wrote.

        Raises:
            RepresentationError: of another version, or damaged.
        """
        version = data.get("version")
        steps = next((steps for steps, known in VERSIONS.items() if known == version), None)
        if data.get("representation") != cls.name or steps is None:
            raise RepresentationError(
                f"This is a vocabulary of {data.get('representation')!r} version {version!r}; this program "
                f"reads {cls.name!r} of versions {sorted(VERSIONS.values())}. Prepare the corpus again."
            )
        chords = data.get("chords")
        if not isinstance(chords, list) or not all(isinstance(chord, list) for chord in chords):
            raise RepresentationError("The vocabulary has no list of chords; prepare the corpus again.")
        return cls((tuple(chord) for chord in chords), steps_per_semitone=steps)

    def to_json(self) -> dict[str, Any]:
        """The vocabulary as plain JSON values."""
        return {
            "representation": self.name,
            "version": VERSIONS[self.steps_per_semitone],
            "grid_per_quarter": self.grid_per_quarter,
            "chords": [list(chord) for chord in self.chords],
        }

    @property
    def size(self) -> int:
        """How many tokens there are."""
        return self.first_chord + len(self.chords)

    @cached_property
    def ticks_of_token(self) -> Tokens:
        """int32 (size,): by how many grid ticks a token moves time forward."""
        ticks = np.zeros(self.size, np.int32)
        ticks[fixed.FIRST_SHIFT : fixed.FIRST_DURATION] = TIME_STEPS
        ticks.setflags(write=False)
        return ticks

    @cached_property
    def note_count_of_token(self) -> Tokens:
        """int32 (size,): how many notes a token strikes."""
        counts = np.zeros(self.size, np.int32)
        counts[fixed.FIRST_PITCH : self.first_chord] = 1
        counts[self.first_chord :] = [len(chord) for chord in self.chords]
        counts.setflags(write=False)
        return counts

    def grammar(self) -> Grammar:
        """Which tokens may follow which; see `chord_grammar`."""
        return chord_grammar([len(chord) for chord in self.chords], self.pitch_count)

    def encode(self, score: Score) -> Tokens:
        """A score as tokens, from BOS to EOS.

        Returns:
            int32 (n,), legal in `grammar()`.

        Raises:
            RepresentationError: no note but drums.
        """
        events = grid_events(score, self.steps_per_semitone)
        tokens = [fixed.BOS, fixed.tempo_token(mean_tempo_bpm(score)), fixed.meter_token(*main_meter(score))]
        velocity = -1
        previous = 0
        columns = (events.onsets, events.silent_from, events.velocities, events.pitches, events.durations)
        for onset, silent_from, event_velocity, pitches, durations in zip(*columns, strict=True):
            if onset > previous:
                silence = onset - silent_from
                if silence >= MIN_REST_TICKS or velocity < 0:  # before the first note always
                    if silent_from > previous:
                        tokens += _shift(silent_from - previous)
                    tokens.append(fixed.REST)
                    tokens += _shift(silence)
                else:
                    tokens += _shift(onset - previous)
            if event_velocity != velocity:
                velocity = event_velocity
                tokens.append(fixed.FIRST_VELOCITY + velocity)
            for low in range(0, len(pitches), MAX_CHORD_PITCHES):
                tokens += self._strike(pitches[low : low + MAX_CHORD_PITCHES])
                tokens += _durations(durations[low : low + MAX_CHORD_PITCHES])
            previous = onset
        tokens.append(fixed.EOS)
        return np.array(tokens, np.int32)

    def _strike(self, pitches: bytes) -> list[int]:
        token = self._token_of_chord.get(pitches)
        return [fixed.FIRST_PITCH + pitch for pitch in pitches] if token is None else [token]

    def decode(
        self,
        tokens: Sequence[int] | npt.NDArray[np.integer],
        *,
        tempo_bpm: float | None = None,
        title: str = "",
    ) -> Score:
        """The score that tokens stand for, as one piano part.

        A sequence may be cut anywhere: what is complete is kept. Tokens that may not stand where
        they do are passed over.

        Args:
            tokens: ids (n,).
            tempo_bpm: the tempo instead of the one among the tokens.
            title: of the score.

        Raises:
            RepresentationError: an id outside the vocabulary.
        """
        listed = self._checked(tokens)
        scale = TICKS_PER_QUARTER // self.grid_per_quarter
        rows = list(self._notes(listed))
        starts, steps, durations, velocities = zip(*rows, strict=True) if rows else ((), (), (), ())
        pitches, parts_of_semitone = np.divmod(np.array(steps, np.int64), self.steps_per_semitone)
        notes = Notes(
            np.array(starts, np.int64) * scale,
            pitches,
            np.array(durations, np.int64) * scale,
            velocities,
            parts_of_semitone * (_CENTS_PER_SEMITONE / self.steps_per_semitone),
        )
        meters = [fixed.METERS[t - fixed.FIRST_METER] for t in listed if _is_meter(t)]
        return Score(
            parts=(Part(notes),),
            tempos=(TempoChange(0, self.tempo_of(listed) if tempo_bpm is None else tempo_bpm),),
            time_signatures=(TimeSignature(0, *meters[0]),) if meters and meters[0] else (),
            ticks_per_quarter=TICKS_PER_QUARTER,
            title=title,
        )

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

    def _notes(self, tokens: list[int]) -> Iterator[tuple[int, int, int, int]]:
        """(start, pitch step, duration, velocity) in grid ticks, in order of events."""
        now = 0
        velocity = 64
        pitches: list[int] = []
        durations: list[int] = []
        for token in [*tokens, fixed.EOS]:
            if fixed.FIRST_DURATION <= token < fixed.FIRST_PITCH:
                durations.append(TIME_STEPS[token - fixed.FIRST_DURATION])
                continue
            if durations or token < fixed.FIRST_DURATION:  # the event before this token is over
                # A cut inside the durations leaves later pitches without: the last one given holds.
                durations += durations[-1:] * (len(pitches) - len(durations))
                for pitch, duration in zip(pitches, durations, strict=False):
                    yield now, pitch, duration, velocity
                pitches, durations = [], []
            if token == fixed.EOS:
                return
            if token >= self.first_chord:
                pitches += self.chords[token - self.first_chord]
            elif token >= fixed.FIRST_PITCH:
                pitches.append(token - fixed.FIRST_PITCH)
            elif token >= fixed.FIRST_SHIFT:
                now += TIME_STEPS[token - fixed.FIRST_SHIFT]
            elif token >= fixed.FIRST_VELOCITY:
                velocity = fixed.VELOCITIES[token - fixed.FIRST_VELOCITY]

    def tempo_of(self, tokens: Sequence[int] | npt.NDArray[np.integer]) -> float:
        """Quarter notes a minute at which `decode` sets these tokens; 120 where they say nothing."""
        for token in tokens:
            if fixed.FIRST_TEMPO <= token < fixed.FIRST_METER:
                return fixed.TEMPOS[int(token) - fixed.FIRST_TEMPO]
        return 120.0

    def tempo_token(self, tempo_bpm: float) -> int:
        """The token nearest to a tempo > 0."""
        return fixed.tempo_token(tempo_bpm)

    def pitches_of(self, token: int) -> tuple[float, ...]:
        """The pitches that a token strikes, as MIDI numbers, ascending; a quarter tone is a half."""
        if token < fixed.FIRST_PITCH:
            return ()
        if token < self.first_chord:
            return ((token - fixed.FIRST_PITCH) / self.steps_per_semitone,)
        return tuple(step / self.steps_per_semitone for step in self.chords[token - self.first_chord])

    def describe(self, token: int) -> str:
        """A token in words, such as ``chord 48 55 64`` or ``shift 12/24``."""
        (token,) = self._checked([token])
        if token < fixed.FIRST_TEMPO:
            return ("pad", "begin", "end", "rest")[token]
        if token < fixed.FIRST_METER:
            return f"tempo {fixed.TEMPOS[token - fixed.FIRST_TEMPO]:.0f}"
        if token < fixed.FIRST_VELOCITY:
            meter = fixed.METERS[token - fixed.FIRST_METER]
            return f"meter {meter[0]}/{meter[1]}" if meter else "meter other"
        if token < fixed.FIRST_SHIFT:
            return f"velocity {fixed.VELOCITIES[token - fixed.FIRST_VELOCITY]}"
        if token < fixed.FIRST_DURATION:
            return f"shift {TIME_STEPS[token - fixed.FIRST_SHIFT]}/{self.grid_per_quarter}"
        if token < fixed.FIRST_PITCH:
            return f"duration {TIME_STEPS[token - fixed.FIRST_DURATION]}/{self.grid_per_quarter}"
        if token < self.first_chord:
            return f"pitch {self._named(token - fixed.FIRST_PITCH)}"
        return "chord " + " ".join(map(self._named, self.chords[token - self.first_chord]))

    def _named(self, step: int) -> str:
        return f"{step / self.steps_per_semitone:g}"


class _ChordCounts:
    """How often each chord is struck, with and without quarter tones, in one reading."""

    def __init__(self) -> None:
        self._plain: Counter[bytes] = Counter()
        self._plain_of_bent: Counter[bytes] = Counter()  # those of scores with cents only
        self._quarter_tones: Counter[bytes] = Counter()  # likewise
        self._notes = self._odd_notes = 0

    def add(self, score: Score) -> None:
        plain = Counter(_chords(grid_events(score)))
        self._plain.update(plain)
        notes = score.all_notes(drums=False)
        self._notes += len(notes)
        if notes.cents.any():
            self._plain_of_bent.update(plain)
            self._quarter_tones.update(_chords(grid_events(score, 2)))
            self._odd_notes += int((pitch_steps(notes, 2) % 2).sum())

    @property
    def steps_per_semitone(self) -> int:
        return 2 if self._odd_notes and self._odd_notes >= QUARTER_TONE_SHARE * self._notes else 1

    def of(self, steps_per_semitone: int) -> Counter[bytes]:
        if steps_per_semitone == 1:
            return self._plain
        counts = Counter(self._quarter_tones)
        for chord, count in (self._plain - self._plain_of_bent).items():
            counts[bytes(2 * pitch for pitch in chord)] += count
        return counts


def _check_chord(chord: Chord, pitch_count: int) -> None:
    pitches = [pitch for pitch in chord if isinstance(pitch, int) and 0 <= pitch < pitch_count]
    if not 2 <= len(chord) <= MAX_CHORD_PITCHES or sorted(set(pitches)) != list(chord):
        raise RepresentationError(
            f"{list(chord)!r} is not 2 to {MAX_CHORD_PITCHES} ascending pitches; "
            "the vocabulary is damaged, prepare the corpus again."
        )


def _chords(events: GridEvents) -> Iterator[bytes]:
    for pitches in events.pitches:
        if len(pitches) > 1:
            for low in range(0, len(pitches), MAX_CHORD_PITCHES):
                if len(pitches) - low > 1:
                    yield pitches[low : low + MAX_CHORD_PITCHES]


def _shift(ticks: int) -> list[int]:
    return SHIFTS[ticks] if ticks < len(SHIFTS) else fixed.shift_tokens(ticks)


def _durations(steps: bytes) -> list[int]:
    if steps.count(steps[0]) == len(steps):
        steps = steps[:1]
    return [fixed.FIRST_DURATION + step for step in steps]


def _is_meter(token: int) -> bool:
    return fixed.FIRST_METER <= token < fixed.FIRST_VELOCITY
