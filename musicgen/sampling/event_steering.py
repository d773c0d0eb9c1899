"""From what a person asks for to what the engine is told, for the vocabulary of events.

Most can be asked for by the attributes at the front of a piece; a key's tonic, which has no token,
by bias. Knows vocabularies; loads no Keras.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from musicgen.representation import EventVocabulary
from musicgen.representation.event_attributes import attribute_of_density
from musicgen.representation.event_grammar import COMPOSE, DRUM_PROGRAM, TASK
from musicgen.sampling.chord_steering import (
    LEAST_NOTES_SHARE,
    LEAST_SHARE,
    MOST_SHARE,
    OPENING,
    OPENING_TRIAD,
    OUTSIDE_KEY,
    TRIAD,
    density_strength,
)
from musicgen.sampling.settings import SamplingSettings
from musicgen.sampling.wishes import family_of, first_program, mode_of, scale_of, triad_of

_NEVER: Final = 2**30  # as a limit that is not reached
_CHUNK: Final = 128  # tokens
_FREE: Final = -1
_EIGHTH: Final = 12  # grid ticks
_LEAST_LOSS, _MOST_LOSS = 0.25, 2.0  # of the shortest and the longest steps
_TOKENS_PER_CHORD: Final = 3  # how much longer an opening of single notes is than one of chords

Floats = np.ndarray[tuple[int], np.dtype[np.float32]]
Integers = np.ndarray[tuple[int], np.dtype[np.int32]]


class EventSteering:
    """What to tell the engine so that events come out as asked; see `WishSteering`.

    Args:
        vocabulary: of events.
        settings: what is asked for.
    """

    def __init__(self, vocabulary: EventVocabulary, settings: SamplingSettings) -> None:
        self._vocabulary = vocabulary
        self._settings = settings
        self._kinds = [token.partition("_")[::2] for token in vocabulary.tokens]
        self.amount_of_token: Integers = np.asarray(self._amounts())
        self.slope: Floats = self._slope()
        self._biases = [self._bias(triad) for triad in (TRIAD, OPENING_TRIAD)]
        self.program = None
        if settings.instrument is not None and len(known_families(vocabulary)) < 2:
            self.program = first_program(settings.instrument)

    @property
    def front(self) -> list[int]:
        """The attributes that are asked for; `_FREE` for those left to the network."""
        settings, vocabulary = self._settings, self._vocabulary
        wanted = {TASK: vocabulary.attribute_token(TASK, COMPOSE)}
        if settings.tempo_bpm is not None:
            wanted["Pace"] = vocabulary.tempo_token(settings.tempo_bpm)
        if settings.density is not None:
            value = attribute_of_density(settings.density)
            wanted["Density"] = vocabulary.attribute_token("Density", value)
        if settings.key is not None:
            wanted["Mode"] = vocabulary.attribute_token("Mode", mode_of(settings.key))
        if settings.instrument is not None and self.program is None:
            wanted["Family"] = vocabulary.attribute_token("Family", settings.instrument)
        return [wanted.get(group, _FREE) for group in vocabulary.groups]

    def limits(self, tokens: Integers) -> tuple[int, int]:
        """The least and most amount of a piece that begins so; not known, never, too early."""
        settings = self._settings
        if settings.length_notes is not None:
            return int(LEAST_NOTES_SHARE * settings.length_notes), settings.length_notes
        if settings.length_bars is not None:
            if self._vocabulary.tokenizer == "remi":
                return settings.length_bars, settings.length_bars
            bar = self._bar_ticks(tokens)
            return (settings.length_bars - 1) * bar, settings.length_bars * bar - 1
        if len(tokens) < self._vocabulary.front_length:
            return _NEVER, _NEVER
        ticks = settings.length_seconds * self._tempo_bpm(tokens) / 60.0 * self._vocabulary.grid_per_quarter
        return int(LEAST_SHARE * ticks), int(MOST_SHARE * ticks)

    def bias(self, count: int) -> Floats:
        """What is added to the logits after so many tokens."""
        return self._biases[count < self._vocabulary.front_length + _TOKENS_PER_CHORD * OPENING]

    @property
    def most_tokens_at_once(self) -> int:
        """After how many tokens to ask for the strength again, at the latest."""
        return _CHUNK if self._settings.density is None else 32

    def strength(self, tokens: Integers, before: float) -> float:
        """How strongly to draw time together; an attribute alone is not always obeyed."""
        seconds_per_tick = 60.0 / (self._tempo_bpm(tokens) * self._vocabulary.grid_per_quarter)
        return density_strength(self._vocabulary, tokens, before, self._settings.density, seconds_per_tick)

    def _tempo_bpm(self, tokens: Integers) -> float:
        return self._settings.tempo_bpm or self._vocabulary.tempo_of(tokens)

    def _slope(self) -> Floats:
        """What moves time on loses a unit, and one more if it is twice an eighth note or longer.

        It never gains: else one short step would follow another, without a note between.
        """
        slope = np.zeros(self._vocabulary.size, np.float32)
        for token, (kind, _) in enumerate(self._kinds):
            if kind == "TimeShift":
                ticks = max(1, int(self._vocabulary.ticks_of_token[token]))
                slope[token] = -np.clip(1.0 + np.log2(ticks / _EIGHTH), _LEAST_LOSS, _MOST_LOSS)
            elif kind in ("Bar", "Position"):
                slope[token] = -1.0
        return slope

    def _amounts(self) -> Integers:
        if self._settings.length_unit == "notes":
            return self._vocabulary.note_count_of_token
        if self._settings.length_unit == "bars" and self._vocabulary.tokenizer == "remi":
            return np.array([kind == "Bar" for kind, _ in self._kinds], np.int32)
        return self._vocabulary.ticks_of_token

    def _bar_ticks(self, tokens: Integers) -> int:
        for token in tokens:
            kind, value = self._kinds[int(token)]
            if kind == "Meter" and "/" in value:
                numerator, denominator = map(int, value.split("/"))
                return 4 * self._vocabulary.grid_per_quarter * numerator // denominator
        return 4 * self._vocabulary.grid_per_quarter

    def _bias(self, triad: float) -> Floats:
        bias = np.zeros(self._vocabulary.size, np.float32)
        key, instrument = self._settings.key, self._settings.instrument
        is_masked = instrument is not None and len(known_families(self._vocabulary)) > 1
        for token, (kind, value) in enumerate(self._kinds):
            if kind == "Pitch" and key is not None:
                if int(value) % 12 not in scale_of(key):
                    bias[token] = OUTSIDE_KEY
                elif int(value) % 12 in triad_of(key):
                    bias[token] = triad
            elif kind == "Program" and is_masked and value != DRUM_PROGRAM:
                bias[token] = 0.0 if family_of(int(value)) == instrument else OUTSIDE_KEY
        return bias


def known_families(vocabulary: EventVocabulary) -> list[str]:
    """The families of the instruments that a vocabulary has, in General MIDI's order."""
    values = [token.partition("_")[2] for token in vocabulary.tokens if token.startswith("Program_")]
    programs = sorted(int(value) for value in values if value != DRUM_PROGRAM)
    return list(dict.fromkeys(map(family_of, programs)))
