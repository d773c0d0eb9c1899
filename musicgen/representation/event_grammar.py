"""The grammar of the event representation as a finite-state machine.

::

    front  := BOS and one attribute of each group, in order
    note   := [Program] ((Pitch [Cents] | PitchDrum) Velocity Duration | Pedal Duration | Bend)
    TSD    := front music EOS          music := [Tempo] moment (TimeShift+ moment)*
    REMI   := front music EOS          music := (Bar TimeSig (Position moment)*)+
    moment := [Tempo] note* , not empty; the last one of a piece ends with a note

    infilling     := front music Gap time music Fill music EOS
    accompaniment := front music Fill music EOS

The time of a gap is TimeShift+ or (Bar TimeSig)+. Task tokens other than compose, Gap and Fill
may be given but never chosen. A melodic Program is followed by Pitch, Pedal or Bend, that of the drums
by PitchDrum. Positions ascend within a bar and lie inside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from musicgen.representation.grammar import Grammar, GrammarBuilder, Rules

POSITIONS_PER_BEAT: Final = 24  # a beat is one over the meter's denominator
DRUM_PROGRAM: Final = "-1"  # MidiTok's value for the drums
TASK: Final = "Task"
COMPOSE: Final = "compose"
GIVEN_TASK: Final = "given task"


def event_grammar(tokens: Sequence[tuple[str, str]], groups: Sequence[str]) -> Grammar:
    """The machine for a vocabulary.

    Args:
        tokens: type and value of every token.
        groups: the attributes' types in their order.
    """
    bars = sorted({_beats(value) for kind, value in tokens if kind == "TimeSig"})
    positions = sum(kind == "Position" for kind, _ in tokens)
    classes = [_class(kind, value) for kind, value in tokens]
    return _rules(tuple(groups), tuple(bars), positions).grammar(classes)


def _class(kind: str, value: str) -> object:
    if kind == TASK and value != COMPOSE:
        return GIVEN_TASK
    if kind == "TimeSig":
        return ("TimeSig", _beats(value))
    if kind == "Position":
        return ("Position", int(value))
    if kind == "Program" and value == DRUM_PROGRAM:
        return "DrumProgram"
    return kind


def _beats(meter: str) -> int:
    return int(meter.split("/")[0])


@cache
def _rules(groups: tuple[str, ...], bars: tuple[int, ...], positions: int) -> Rules:
    builder = GrammarBuilder()
    states = ["start", *(f"{group} next" for group in groups), "begun"]
    for state, kind, after in zip(states, ("BOS", *groups), states[1:], strict=False):
        builder.allow(state, kind, after)
        if kind == TASK:
            builder.allow(state, GIVEN_TASK, after, only_given=True)
    for kind in ("Cents", "Pedal", "Bend", "Gap", "Fill"):
        builder.name_class(kind)
    _add_tasks(builder, "begun")
    if bars:
        builder.allow("begun", "Bar", "meter next")
        for beats in bars:
            _add_bar(builder, beats, positions)
    else:
        _add_shifts(builder)
    builder.allow("ended", "PAD", "ended")
    return builder.build("start")


def _add_tasks(builder: GrammarBuilder, state: object) -> None:
    """A state in which given music may break off, for a gap or for what is to be made."""
    builder.allow(state, "Gap", "begun", only_given=True)
    builder.allow(state, "Fill", "begun", only_given=True)


def _add_note(builder: GrammarBuilder, key: object) -> None:
    """A moment's notes: from (key, "at") or (key, "tempo") on to (key, "noted")."""
    builder.allow((key, "at"), "Tempo", (key, "tempo"))
    for before in ("at", "tempo", "noted"):
        builder.allow((key, before), "Program", (key, "melodic"))
        builder.allow((key, before), "DrumProgram", (key, "drums"))
        builder.allow((key, before), "Pitch", (key, "pitch"))
        builder.allow((key, before), "PitchDrum", (key, "drum pitch"))
        builder.allow((key, before), "Pedal", (key, "velocity"))
        builder.allow((key, before), "Bend", (key, "noted"))
    builder.allow((key, "melodic"), "Pitch", (key, "pitch"))
    builder.allow((key, "melodic"), "Pedal", (key, "velocity"))
    builder.allow((key, "melodic"), "Bend", (key, "noted"))
    builder.allow((key, "drums"), "PitchDrum", (key, "drum pitch"))
    builder.allow((key, "pitch"), "Cents", (key, "drum pitch"))
    builder.allow((key, "pitch"), "Velocity", (key, "velocity"))
    builder.allow((key, "drum pitch"), "Velocity", (key, "velocity"))
    builder.allow((key, "velocity"), "Duration", (key, "noted"))
    builder.allow((key, "noted"), "EOS", "ended")
    for after in ("tempo", "noted"):
        _add_tasks(builder, (key, after))


def _add_shifts(builder: GrammarBuilder) -> None:
    _add_note(builder, "shifted")
    for kind, after in (
        ("Tempo", "tempo"),
        ("Program", "melodic"),
        ("DrumProgram", "drums"),
        ("Pitch", "pitch"),
        ("PitchDrum", "drum pitch"),
        ("Pedal", "velocity"),
        ("Bend", "noted"),
        ("TimeShift", "at"),
    ):
        builder.allow("begun", kind, ("shifted", after))
    for before in ("at", "tempo", "noted"):
        builder.allow(("shifted", before), "TimeShift", ("shifted", "at"))
    _add_tasks(builder, ("shifted", "at"))


def _add_bar(builder: GrammarBuilder, beats: int, positions: int) -> None:
    length = min(beats * POSITIONS_PER_BEAT, positions)
    builder.allow("meter next", ("TimeSig", beats), ("bar", beats))
    builder.allow(("bar", beats), "Bar", "meter next")
    _add_tasks(builder, ("bar", beats))
    for position in range(length):
        builder.allow(("bar", beats), ("Position", position), ((beats, position), "at"))
    for position in range(length):
        key = (beats, position)
        _add_note(builder, key)
        for before in ("tempo", "noted"):
            builder.allow((key, before), "Bar", "meter next")
            for later in range(position + 1, length):
                builder.allow((key, before), ("Position", later), ((beats, later), "at"))
    # Positions past the longest bar stand nowhere, but are tokens and need a class.
    for position in range(length, positions):
        builder.name_class(("Position", position))
