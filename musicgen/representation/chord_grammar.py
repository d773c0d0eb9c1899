"""The grammar of the chord representation as a finite-state machine.

::

    piece     := BOS TEMPO METER [REST SHIFT+] VELOCITY event (SHIFT+ [REST SHIFT+] [VELOCITY] event)* EOS
    event     := strike durations
    strike    := CHORD | PITCH+ strictly ascending, at most 16
    durations := DURATION, for all pitches | DURATION × n, one a pitch, ascending

A strike of 16 pitches, and only such a one, may be followed by another event without SHIFT:
a cluster of more than 16 pitches struck at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from musicgen.representation.chord_tokens import (
    MAX_CHORD_PITCHES,
    METERS,
    TEMPOS,
    TIME_STEPS,
    VELOCITIES,
)
from musicgen.representation.grammar import Grammar, GrammarBuilder, Rules


def chord_grammar(chord_sizes: Sequence[int], pitch_count: int) -> Grammar:
    """The machine for a vocabulary of `pitch_count` pitches whose chords hold `chord_sizes` of them."""
    classes: list[object] = ["pad", "bos", "eos", "rest"]
    for name, count in (
        ("tempo", len(TEMPOS)),
        ("meter", len(METERS)),
        ("velocity", len(VELOCITIES)),
        ("shift", len(TIME_STEPS)),
        ("duration", len(TIME_STEPS)),
    ):
        classes += [name] * count
    classes += [("pitch", pitch) for pitch in range(pitch_count)]
    classes += [("chord", size) for size in chord_sizes]
    return _rules(pitch_count).grammar(classes)


@cache
def _rules(pitch_count: int) -> Rules:
    """The transitions: the same for every vocabulary, and some 140,000 or four times as many."""
    builder = GrammarBuilder()
    _add_front(builder)
    _add_strikes(builder, pitch_count)
    _add_durations(builder, pitch_count)
    _add_time(builder, pitch_count)
    builder.allow("ended", "pad", "ended")
    return builder.build("start")


def _add_front(builder: GrammarBuilder) -> None:
    builder.allow("start", "bos", "tempo next")
    builder.allow("tempo next", "tempo", "meter next")
    builder.allow("meter next", "meter", "first event")
    builder.allow("first event", "rest", "first rest")
    builder.allow("first event", "velocity", "strike next")
    builder.allow("first rest", "shift", "first rest shifted")
    builder.allow("first rest shifted", "shift", "first rest shifted")
    builder.allow("first rest shifted", "velocity", "strike next")


def _allow_strike(builder: GrammarBuilder, state: object, pitch_count: int) -> None:
    for pitch in range(pitch_count):
        builder.allow(state, ("pitch", pitch), ("pitches", 1, pitch))
    for size in range(2, MAX_CHORD_PITCHES + 1):
        builder.allow(state, ("chord", size), ("chord", size))


def _add_strikes(builder: GrammarBuilder, pitch_count: int) -> None:
    _allow_strike(builder, "strike next", pitch_count)
    for count in range(1, MAX_CHORD_PITCHES + 1):
        for last in range(count - 1, pitch_count):
            state = ("pitches", count, last)
            builder.allow(state, "duration", ("durations", count, 1))
            if count < MAX_CHORD_PITCHES:
                for pitch in range(last + 1, pitch_count):
                    builder.allow(state, ("pitch", pitch), ("pitches", count + 1, pitch))
    for size in range(2, MAX_CHORD_PITCHES + 1):
        builder.allow(("chord", size), "duration", ("durations", size, 1))


def _add_durations(builder: GrammarBuilder, pitch_count: int) -> None:
    for size in range(1, MAX_CHORD_PITCHES + 1):
        for given in range(1, size + 1):
            state = ("durations", size, given)
            if given < size:
                builder.allow(state, "duration", ("durations", size, given + 1))
            if given in (1, size):
                builder.allow(state, "shift", "shifted")
                builder.allow(state, "eos", "ended")
                if size == MAX_CHORD_PITCHES:
                    _allow_strike(builder, state, pitch_count)


def _add_time(builder: GrammarBuilder, pitch_count: int) -> None:
    builder.allow("shifted", "shift", "shifted")
    builder.allow("shifted", "rest", "rest")
    builder.allow("rest", "shift", "rest shifted")
    builder.allow("rest shifted", "shift", "rest shifted")
    for state in ("shifted", "rest shifted"):
        builder.allow(state, "velocity", "strike next")
        _allow_strike(builder, state, pitch_count)
