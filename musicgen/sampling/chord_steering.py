"""From what a person asks for to what the engine is told, for the vocabulary of chords.

What the vocabulary has no token for is reached by bias: notes outside a key are discouraged, steps
of time are made shorter or longer until the density is right. Knows vocabularies; loads no Keras.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from musicgen.representation import ChordVocabulary, Vocabulary
from musicgen.representation.chord_tokens import (
    FIRST_DURATION,
    FIRST_METER,
    FIRST_PITCH,
    FIRST_VELOCITY,
    METERS,
    TIME_STEPS,
)
from musicgen.sampling.settings import SamplingSettings
from musicgen.sampling.wishes import first_program, scale_of, triad_of

_NEVER: Final = 2**30  # as a limit that is not reached
_CHUNK: Final = 128  # tokens
LEAST_SHARE: Final = 0.8  # of the length asked for, before which a piece may not end …
MOST_SHARE: Final = 1.25  # … and after which it is ended
LEAST_NOTES_SHARE: Final = 0.9
OUTSIDE_KEY: Final = -1e6  # nats: taken only where the grammar leaves nothing else
TRIAD: Final = 0.7  # nats that the tonic triad gains: enough that the key, not its relative, comes out
OPENING_TRIAD: Final = 6.0  # nats at the beginning, which sets the key
OPENING: Final = 24  # tokens
_QUARTER_TICKS: Final = 24
_LOOKED_BACK: Final = 64  # tokens
_WEAKEST, _STRONGEST = -3.0, 6.0  # nats for each halving of time or doubling of notes

Floats = np.ndarray[tuple[int], np.dtype[np.float32]]
Integers = np.ndarray[tuple[int], np.dtype[np.int32]]


class ChordSteering:
    """What to tell the engine so that chords come out as asked.

    Args:
        vocabulary: of chords.
        settings: what is asked for.
    """

    def __init__(self, vocabulary: ChordVocabulary, settings: SamplingSettings) -> None:
        self._vocabulary = vocabulary
        self._settings = settings
        counts_notes = settings.length_unit == "notes"
        self.amount_of_token: Integers = np.asarray(
            vocabulary.note_count_of_token if counts_notes else vocabulary.ticks_of_token
        )
        self._biases = [
            np.zeros(vocabulary.size, np.float32)
            if settings.key is None
            else _key_bias(vocabulary, settings.key, triad)
            for triad in (TRIAD, OPENING_TRIAD)
        ]
        struck = vocabulary.note_count_of_token
        # A step of a quarter note and a single note stay as likely as they are; half the step, or twice
        # the notes, gain one unit. What lasts longer than a whole note is left alone: it is silence.
        # Lengths of notes go along: which step follows them, they have all but decided.
        spans = np.array(vocabulary.ticks_of_token)
        spans[FIRST_DURATION:FIRST_PITCH] = TIME_STEPS
        is_span = (spans > 0) & (spans <= 4 * _QUARTER_TICKS)
        halvings = np.where(is_span, -np.log2(np.maximum(spans, 1) / _QUARTER_TICKS), 0.0)
        self.slope: Floats = (halvings + np.log2(np.maximum(struck, 1))).astype(np.float32)
        self.program = None if settings.instrument is None else first_program(settings.instrument)

    @property
    def front(self) -> list[int]:
        """The tokens that stand right after `bos`."""
        if self._settings.tempo_bpm is None:
            return []
        return [self._vocabulary.tempo_token(self._settings.tempo_bpm)]

    def limits(self, tokens: Integers) -> tuple[int, int]:
        """The least and most amount of a piece that begins so; not known, `NEVER`, too early."""
        settings = self._settings
        if settings.length_notes is not None:
            return int(LEAST_NOTES_SHARE * settings.length_notes), settings.length_notes
        if settings.length_bars is not None:
            bar = _bar_ticks(tokens)
            if bar is None:
                return _NEVER, _NEVER
            return (settings.length_bars - 1) * bar, settings.length_bars * bar - 1
        ticks = settings.length_seconds / self._seconds_per_tick(tokens)
        return int(LEAST_SHARE * ticks), int(MOST_SHARE * ticks)

    def bias(self, count: int) -> Floats:
        """What is added to the logits after so many tokens."""
        return self._biases[count < OPENING]

    @property
    def most_tokens_at_once(self) -> int:
        """After how many tokens to ask for the strength again, at the latest."""
        return _CHUNK if self._settings.density is None else 32

    def strength(self, tokens: Integers, before: float) -> float:
        """How strongly to draw time together, from how dense the piece has been so far.

        Args:
            tokens: so far.
            before: the strength that made them.
        """
        seconds_per_tick = self._seconds_per_tick(tokens)
        return density_strength(self._vocabulary, tokens, before, self._settings.density, seconds_per_tick)

    def _seconds_per_tick(self, tokens: Integers) -> float:
        tempo_bpm = self._settings.tempo_bpm or self._vocabulary.tempo_of(tokens)
        return 60.0 / (tempo_bpm * self._vocabulary.grid_per_quarter)


def density_strength(
    vocabulary: Vocabulary, tokens: Integers, before: float, wanted: float | None, seconds_per_tick: float
) -> float:
    """How strongly to draw time together, from how dense a piece has been lately.

    Args:
        vocabulary: of the tokens.
        tokens: so far.
        before: the strength that made them.
        wanted: notes a second; None if it is left to the network.
        seconds_per_tick: of the grid.
    """
    if wanted is None:
        return 0.0
    lately = tokens[-_LOOKED_BACK:]
    seconds = int(vocabulary.ticks_of_token[lately].sum()) * seconds_per_tick
    notes = int(vocabulary.note_count_of_token[lately].sum())
    if not notes or not seconds:
        return before
    missing = np.log2(wanted * seconds / notes)
    return float(np.clip(before + np.clip(2.0 * missing, -2.0, 2.0), _WEAKEST, _STRONGEST))


def _bar_ticks(tokens: Integers) -> int | None:
    """Grid ticks of a bar; None before the meter stands there."""
    found = tokens[(tokens >= FIRST_METER) & (tokens < FIRST_VELOCITY)]
    if not len(found):
        return None
    numerator, denominator = METERS[int(found[0]) - FIRST_METER] or (4, 4)
    return 4 * _QUARTER_TICKS * numerator // denominator


def _key_bias(vocabulary: ChordVocabulary, key: str, triad: float) -> Floats:
    inside, tonic_triad = scale_of(key), triad_of(key)
    bias = np.zeros(vocabulary.size, np.float32)
    for token in np.flatnonzero(vocabulary.note_count_of_token).tolist():
        classes = {pitch % 12 for pitch in vocabulary.pitches_of(token)}
        if not classes <= inside:
            bias[token] = OUTSIDE_KEY
        elif classes <= tonic_triad:
            bias[token] = triad
    return bias
