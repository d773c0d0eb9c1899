"""What MidiTok's tokens have no word for, told by programs of its own making.

MidiTok says of a note its program, pitch, velocity and length. To say cents, pedals and glides too,
each combination of instrument and cents, each instrument's pedal, and each place of its pitch wheel
is a *voice*, which is handed to MidiTok as a program; in what it writes, the programs are then
replaced by what the voice stands for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from musicgen.score import NO_CURVE, Curve, Notes, Part, Score, TempoChange

POSITIONS_PER_QUARTER: Final = 24  # moments at which a pitch wheel is heard
CENTS_STEP: Final = 10  # cents; finer than the ear tells in a melody (about 5 to 25)
BEND_STEP: Final = 25  # cents; a glide in finer steps would be told in many more tokens
SECONDS_BPM: Final = 120.0  # quarter notes a minute at which seconds are written as beats
_SECONDS_RESOLUTION: Final = 480  # ticks a quarter note
_PEDAL_DOWN: Final = 64.0  # from here on MIDI's sustain pedal holds
_PEDAL_PITCH: Final = 0  # stands for no pitch, as of a wheel
MAX_VOICES: Final = 128  # programs that MIDI has


@dataclass(frozen=True, slots=True, order=True)
class Voice:
    """An instrument at certain cents, or its pedal, or its pitch wheel at a place.

    Attributes:
        is_drum: whether it is the drums, which have neither.
        program: General MIDI program.
        cents: from −50 to 40, a multiple of `CENTS_STEP`; of a wheel one of `BEND_STEP`.
        is_pedal: whether its notes are times during which the pedal is down.
        is_wheel: whether its notes begin where the wheel comes to its place.
    """

    is_drum: bool
    program: int
    cents: int = 0
    is_pedal: bool = False
    is_wheel: bool = False


def by_the_clock(score: Score) -> Score:
    """The score with every tick where it is heard at one tempo, `SECONDS_BPM`; without meters."""
    ticks_per_second = SECONDS_BPM / 60.0 * _SECONDS_RESOLUTION

    def heard(ticks: npt.NDArray[np.int32] | npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return np.rint(score.seconds_at(ticks) * ticks_per_second).astype(np.int64)

    parts = []
    for part in score.parts:
        notes = part.notes
        start = heard(notes.start_ticks)
        length = np.maximum(heard(notes.end_ticks) - start, 1)
        moved = Notes(start, notes.pitch, length, notes.velocity, notes.cents)
        pedal, bends = (
            Curve(heard(curve.start_ticks), curve.values) if len(curve) else NO_CURVE
            for curve in (part.pedal, part.bends)
        )
        parts.append(replace(part, notes=moved, pedal=pedal, bends=bends))
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
    score: Score,
    programs: Sequence[int],
    *,
    with_drums: bool,
    cents: Collection[int],
    with_pedal: bool,
    bends: Collection[int] = (),
) -> dict[Voice, Notes]:
    """The notes of a score by voice.

    An instrument that is not among those known is played by the one with the nearest program.
    Drums that are not known are left out, unless there is nothing else. A part glides only where
    it alone plays its program, because a wheel bends all of it.

    Args:
        score: with notes.
        programs: those known, ascending.
        with_drums: whether the drums are known.
        cents: those known beside 0.
        with_pedal: whether pedals are told.
        bends: places of the pitch wheel that are known, in cents; none if glides are not told.
    """
    sounding = [part for part in score.parts if len(part.notes)]
    kept = [part for part in sounding if (with_drums if part.is_drum else programs)] or sounding
    found: dict[Voice, list[Notes]] = {}
    players = []
    for part in kept:
        is_drum = part.is_drum if programs and with_drums else with_drums
        program = 0 if is_drum else min(programs, key=lambda known: (abs(known - part.program), known))
        players.append(Voice(is_drum, program))
    for part, player in zip(kept, players, strict=True):
        is_drum, program = player.is_drum, player.program
        is_bent = bool(bends and len(part.bends) and not is_drum and players.count(player) == 1)
        if is_bent:
            for value, notes in _wheel(part, score, bends):
                found[Voice(False, program, value, is_wheel=True)] = [notes]
        for voice, notes in _by_cents(part, player, () if is_drum or is_bent else cents):
            found.setdefault(voice, []).append(notes)
        if with_pedal and not is_drum and (pressed := _pressed(part.pedal, score.end_ticks)):
            found.setdefault(Voice(False, program, is_pedal=True), []).append(pressed)
    if len(found) > MAX_VOICES and (cents or bends):
        return voices_of(score, programs, with_drums=with_drums, cents=(), with_pedal=with_pedal)
    merged = {voice: Score(tuple(map(Part, several))).all_notes() for voice, several in found.items()}
    return dict(sorted(merged.items(), key=lambda item: (not item[0].is_wheel, item[0])))


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


def _wheel(part: Part, score: Score, known: Collection[int]) -> Iterator[tuple[int, Notes]]:
    """Each place that a pitch wheel comes to, and when, as notes."""
    per_step = score.ticks_per_quarter / POSITIONS_PER_QUARTER
    choices = np.array(sorted({0, *known}))
    nearest = choices[np.abs(part.bends.values[:, None] - choices).argmin(axis=1)]
    heard = Curve.of_changes(np.rint(part.bends.start_ticks / per_step).astype(np.int64), nearest)
    ticks = np.rint(heard.start_ticks * per_step).astype(np.int64)
    is_heard = ticks < score.end_ticks
    for value in np.unique(heard.values[is_heard]).tolist():
        starts = ticks[is_heard & (heard.values == value)]
        filling = (np.full(len(starts), each) for each in (_PEDAL_PITCH, max(1, round(per_step)), 64))
        pitch, duration, velocity = filling
        yield round(value), Notes(starts, pitch, duration, velocity)


def _pressed(pedal: Curve, end_ticks: int) -> Notes | None:
    """The times during which a pedal is down, as notes; one never lifted lasts to the end."""
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
    """Tokens with voices as programs, told with programs, cents, pedals and bends.

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
        if voice is not None and voice.is_wheel and kind in ("Pitch", "Velocity", "Duration"):
            if kind == "Pitch":
                yield f"Bend_{voice.cents}"
            continue
        yield token
        if kind == "Pitch" and voice is not None and voice.cents:
            yield f"Cents_{voice.cents}"
