"""Which channels a part plays on, so that each of its notes can have its own pitch bend.

A channel bends all its notes together, so notes that sound together with different cents need
different channels; channel 10 is left to the drums. Where there are too few, parts are rounded to
what they have room for. Knows parts and channels, no bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Final

import numpy as np

from musicgen.midi.channels import BEND_CENTRE
from musicgen.midi.errors import MidiWriteError
from musicgen.midi.tracks import DRUM_CHANNEL
from musicgen.score import NO_CURVE, Float32Array, Int64Array, Notes, Part

_PITCHED_CHANNELS: Final = tuple(channel for channel in range(16) if channel != DRUM_CHANNEL)
_USUAL_RANGE: Final = 2  # semitones, where a file says nothing else
_MAX_RANGE: Final = 127  # semitones that a parameter can say; more than synthesizers follow
_WIDEST_READ: Final = 100 * _MAX_RANGE + 127  # cents: with the parameter's fine half, which few heed
_MAX_WHEEL: Final = 2 * BEND_CENTRE - 1
_SAME_CENTS: Final = 0.1  # a wheel step is 1.6 at the widest range, 0.02 at the usual one
_COARSER: Final = (50, 100)  # cents to which parts are rounded for want of channels


@dataclass(frozen=True, slots=True)
class Spread:
    """How a part lies on channels.

    Attributes:
        channels: that it uses, ascending; several only if notes have different cents.
        range_semitones: of the pitch wheel, up and down; None for a part without cents.
        channel_of_note: one a note.
        bends: (tick, channel, wheel 0–16,383) in order of time.
    """

    channels: tuple[int, ...]
    range_semitones: int | None
    channel_of_note: tuple[int, ...]
    bends: tuple[tuple[int, int, int], ...]


def fitting_parts(parts: Sequence[Part]) -> list[Part]:
    """The parts as MIDI's channels can bend them.

    While they ask for more bends at a time than there are channels, the one that asks for most is
    rounded to quarter tones, then to semitones, which ends its glides.

    Raises:
        MidiWriteError: as `spread_parts`.
    """
    fitted = list(parts)
    steps: dict[int, int] = {}
    needed = {index: _Wheels(part).needed for index, part in enumerate(parts) if _has_cents(part)}
    while True:
        is_one_plain = any(index not in needed and not part.is_drum for index, part in enumerate(parts))
        if sum(needed.values()) + is_one_plain <= len(_PITCHED_CHANNELS):
            return fitted
        most = max(needed, key=lambda index: (needed[index], -len(parts[index].notes)))
        steps[most] = steps.get(most, -1) + 1 if needed[most] > 2 else len(_COARSER) - 1
        fitted[most] = _rounded(parts[most], _COARSER[steps[most]])
        if _has_cents(fitted[most]):
            needed[most] = _Wheels(fitted[most]).needed
        else:
            del needed[most]


def _rounded(part: Part, step: int) -> Part:
    """The part with each note at the nearest pitch of a scale in steps, and without glides."""
    notes = part.notes
    sounding = step * np.rint((100.0 * notes.pitch + notes.cents) / step).astype(np.int64)
    pitch = np.clip((sounding + 50) // 100, 0, 127)
    cents = np.clip(sounding - 100 * pitch, -50, 50) if step < 100 else None
    columns = (notes.start_ticks, pitch, notes.duration_ticks, notes.velocity)
    return replace(part, notes=Notes(*columns, cents), bends=NO_CURVE)


def spread_parts(parts: Sequence[Part]) -> list[Spread]:
    """Channels for all parts of a score.

    Parts with cents get as many as they need, and one for each different bend if there are
    enough. The others get one each while they last; then they share, those of one program first.

    Args:
        parts: made to fit by `fitting_parts`.

    Raises:
        MidiWriteError: drums with cents, a bend wider than a wheel goes, or bends that contradict
            the cents of the notes.
    """
    microtonal = {index: _Wheels(part) for index, part in enumerate(parts) if _has_cents(part)}
    plain = [index for index, part in enumerate(parts) if index not in microtonal and not part.is_drum]
    given = {index: wheels.needed for index, wheels in microtonal.items()}
    left = len(_PITCHED_CHANNELS) - sum(given.values())
    spare = max(left - len(plain), 0)
    for index, wheels in microtonal.items():
        more = min(spare, wheels.different - given[index])
        given[index] += more
        spare -= more
    free = iter(_PITCHED_CHANNELS)
    own: dict[int, tuple[int, ...]] = {}
    shared: list[int] = []
    of_program: dict[int, int] = {}
    room = min(len(plain), left)
    spreads = []
    for index, part in enumerate(parts):
        if part.is_drum:
            spreads.append(_plain(part, DRUM_CHANNEL))
        elif index in microtonal:
            own[index] = tuple(next(free) for _ in range(given[index]))
            spreads.append(microtonal[index].on(own[index]))
        else:
            if len(shared) < room:
                shared.append(next(free))
                channel = shared[-1]
            else:
                place = plain.index(index) % room
                channel = of_program.get(part.program, shared[place] if place < len(shared) else shared[0])
            of_program.setdefault(part.program, channel)
            spreads.append(_plain(part, channel))
    return spreads


def _has_cents(part: Part) -> bool:
    bent = bool(part.notes.cents.any() or len(part.bends))
    if bent and part.is_drum:
        raise MidiWriteError(
            f"Part {part.name!r} is drums and has cents, which MIDI cannot say; set them to 0."
        )
    return bent


def _plain(part: Part, channel: int) -> Spread:
    return Spread((channel,), None, (channel,) * len(part.notes), ())


class _Wheels:
    """The pitch wheel's positions that a part asks for.

    Attributes:
        needed: channels without which two notes would share a bend that they should not.
        different: positions in all.
    """

    def __init__(self, part: Part) -> None:
        self._part = part
        notes = part.notes
        widest = max(
            float(np.abs(column).max()) for column in (notes.cents, part.bends.values) if len(column)
        )
        if not widest <= _WIDEST_READ:
            raise MidiWriteError(
                f"Part {part.name!r} bends by {widest:,.0f} cents; at most {_WIDEST_READ:,} are written. "
                "Use the nearest pitch."
            )
        self._range = min(max(_USUAL_RANGE, ceil(widest / 100)), _MAX_RANGE)
        self._wheels: list[int] = self._positions(notes.cents).tolist()
        if len(part.bends):
            if (np.abs(part.bends.at(notes.start_ticks) - notes.cents) > _SAME_CENTS).any():
                raise MidiWriteError(
                    f"Part {part.name!r} glides, but cents of its notes differ from the bend at their start; "
                    "leave out its bends."
                )
            self.needed = self.different = 1
        else:
            self.needed = len(set(self._voices(0)))
            self.different = len(set(self._wheels))

    def _positions(self, cents: Float32Array) -> Int64Array:
        steps = np.rint(cents.astype(np.float64) * (BEND_CENTRE / (100 * self._range)))
        return np.asarray(np.clip(BEND_CENTRE + steps, 0, _MAX_WHEEL), np.int64)

    def on(self, channels: tuple[int, ...]) -> Spread:
        """The part on that many channels, at least `needed`."""
        curve = self._part.bends
        if len(curve):
            ticks, wheels = curve.start_ticks.tolist(), self._positions(curve.values).tolist()
            bends = [(tick, channels[0], wheel) for tick, wheel in zip(ticks, wheels, strict=True)]
            return Spread(channels, self._range, channels * len(self._part.notes), tuple(bends))
        voices = self._voices(len(channels))
        now: dict[int, int] = {}
        bends = []
        for start, voice, wheel in zip(
            self._part.notes.start_ticks.tolist(), voices, self._wheels, strict=True
        ):
            if now.get(voice, BEND_CENTRE) != wheel:
                now[voice] = wheel
                bends.append((start, channels[voice], wheel))
        return Spread(
            channels[: max(voices) + 1], self._range, tuple(channels[voice] for voice in voices), tuple(bends)
        )

    def _voices(self, wanted: int) -> list[int]:
        """A voice for each note, so that all notes that sound in one at a time have one bend.

        As few as possible, but up to `wanted` before one changes its bend, because what dies
        away after its end would be bent too.
        """
        wheels: list[int] = []  # of the voices
        until: list[int] = []  # when they fall silent
        chosen = []
        notes = self._part.notes
        columns = (notes.start_ticks.tolist(), notes.end_ticks.tolist(), self._wheels)
        for start, end, wheel in zip(*columns, strict=True):
            if wheel in wheels:
                voice = wheels.index(wheel)
            else:
                voice = min(range(len(wheels)), key=until.__getitem__, default=-1)
                if len(wheels) < wanted or voice < 0 or until[voice] > start:
                    voice = len(wheels)
                    wheels.append(wheel)
                    until.append(0)
                wheels[voice] = wheel
            until[voice] = max(until[voice], end)
            chosen.append(voice)
        return chosen
