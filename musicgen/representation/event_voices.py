"""What MidiTok's tokens have no word for, told by programs of its own making.

MidiTok says of a note its program, pitch, velocity and length. To say cents and pedals too, each
combination of instrument and cents, and each instrument's pedal, is a *voice*, which is handed to
MidiTok as a program; in what it writes, the programs are then replaced by what the voice stands for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from musicgen.score import NO_CURVE, Notes, Part, Score, TempoChange

CENTS_STEP: Final = 10  # cents; finer than the ear tells in a melody (about 5 to 25)
SECONDS_BPM: Final = 120.0  # quarter notes a minute at which seconds are written as beats
_SECONDS_RESOLUTION: Final = 480  # ticks a quarter note
_PEDAL_DOWN: Final = 64.0  # from here on MIDI's sustain pedal holds
_PEDAL_PITCH: Final = 0  # stands for no pitch
MAX_VOICES: Final = 128  # programs that MIDI has


@dataclass(frozen=True, slots=True, order=True)
class Voice:
    """An instrument at certain cents, or its pedal.

    Attributes:
        is_drum: whether it is the drums, which have neither.
        program: General MIDI program.
        cents: from −50 to 40, a multiple of `CENTS_STEP`.
        is_pedal: whether its notes are times during which the pedal is down.
    """

    is_drum: bool
    program: int
    cents: int = 0
    is_pedal: bool = False


def by_the_clock(score: Score) -> Score:
    """The score with every tick where it is heard at one tempo, `SECONDS_BPM`; without meters."""
    ticks_per_second = SECONDS_BPM / 60.0 * _SECONDS_RESOLUTION

    def heard(ticks: npt.NDArray[np.int32] | npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return np.rint(score.seconds_at(ticks) * ticks_per_second).astype(np.int64)

    parts = []
    for part in score.parts:
        notes, pedal = part.notes, part.pedal
        start = heard(notes.start_ticks)
        length = np.maximum(heard(notes.end_ticks) - start, 1)
        moved = Notes(start, notes.pitch, length, notes.velocity, notes.cents)
        curve = type(pedal)(heard(pedal.start_ticks), pedal.values) if len(pedal) else NO_CURVE
        parts.append(replace(part, notes=moved, pedal=curve, bends=NO_CURVE))
    tempos = (TempoChange(0, SECONDS_BPM),)
    return Score(tuple(parts), tempos, ticks_per_quarter=_SECONDS_RESOLUTION, title=score.title)


def nearest_cents(notes: Notes) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Pitch (n,) and cents (n,), −50 to 40, nearest to where the notes sound."""
    steps = 100 // CENTS_STEP
    sounding = np.rint((100.0 * notes.pitch + notes.cents) / CENTS_STEP).astype(np.int64)
    pitch = np.clip((sounding + steps // 2) // steps, 0, 127)
    cents = np.clip(sounding - steps * pitch, -(steps // 2), steps // 2 - 1)
    return pitch, cents * CENTS_STEP


def voices_of(
    score: Score, programs: Sequence[int], *, with_drums: bool, cents: Collection[int], with_pedal: bool
) -> dict[Voice, Notes]:
    """The notes of a score by voice.

    An instrument that is not among those known is played by the one with the nearest program.
    Drums that are not known are left out, unless there is nothing else.

    Args:
        score: with notes.
        programs: those known, ascending.
        with_drums: whether the drums are known.
        cents: those known beside 0.
        with_pedal: whether pedals are told.
    """
    sounding = [part for part in score.parts if len(part.notes)]
    kept = [part for part in sounding if (with_drums if part.is_drum else programs)] or sounding
    found: dict[Voice, list[Notes]] = {}
    for part in kept:
        is_drum = part.is_drum if programs and with_drums else with_drums
        program = 0 if is_drum else min(programs, key=lambda known: (abs(known - part.program), known))
        for voice, notes in _by_cents(part, Voice(is_drum, program), () if is_drum else cents):
            found.setdefault(voice, []).append(notes)
        if with_pedal and not is_drum and (pressed := _pressed(part.pedal, score.end_ticks)):
            found.setdefault(Voice(False, program, is_pedal=True), []).append(pressed)
    if len(found) > MAX_VOICES and cents:
        return voices_of(score, programs, with_drums=with_drums, cents=(), with_pedal=with_pedal)
    merged = {voice: Score(tuple(map(Part, several))).all_notes() for voice, several in found.items()}
    return dict(sorted(merged.items()))


def _by_cents(part: Part, voice: Voice, known: Collection[int]) -> Iterator[tuple[Voice, Notes]]:
    notes = part.notes
    if not known:
        yield voice, notes
        return
    pitch, cents = nearest_cents(notes)
    choices = np.array(sorted({0, *known}))
    cents = choices[np.abs(cents[:, None] - choices).argmin(axis=1)]
    for value in np.unique(cents).tolist():
        at = cents == value
        columns = (notes.start_ticks[at], pitch[at], notes.duration_ticks[at], notes.velocity[at])
        yield replace(voice, cents=value), Notes(*columns)


def _pressed(pedal: object, end_ticks: int) -> Notes | None:
    """The times during which a pedal is down, as notes; one never lifted lasts to the end."""
    assert isinstance(pedal, type(NO_CURVE))
    down = pedal.values >= _PEDAL_DOWN
    before = np.concatenate([[False], down[:-1]]) if len(down) else down
    starts = pedal.start_ticks[down & ~before].astype(np.int64)
    lifts = np.append(pedal.start_ticks[~down & before].astype(np.int64), end_ticks)[: len(starts)]
    lasting = lifts > starts
    if not lasting.any():
        return None
    starts, lengths = starts[lasting], (lifts - starts)[lasting]
    return Notes(starts, np.full(len(starts), _PEDAL_PITCH), lengths, np.full(len(starts), 64))


def retold(tokens: Sequence[str], voices: Sequence[Voice | None]) -> Iterator[str]:
    """Tokens with voices as programs, told with programs, cents and pedals.

    Args:
        tokens: MidiTok's.
        voices: by the number of the program that stands for each; None for those that stand for
            themselves.
    """
    voice: Voice | None = None
    program: int | None = None
    for token in tokens:
        kind, _, value = token.partition("_")
        if kind == "Program" and int(value) >= 0 and (voice := voices[int(value)]) is not None:
            if voice.program != program:
                program = voice.program
                yield f"Program_{program}"
            continue
        if kind == "Program":
            program = None
        if voice is not None and voice.is_pedal and kind in ("Pitch", "Velocity"):
            if kind == "Pitch":
                yield "Pedal_None"
            continue
        yield token
        if kind == "Pitch" and voice is not None and voice.cents:
            yield f"Cents_{voice.cents}"
