"""The fixed tokens of the chord representation: the same in every vocabulary, and their values.

Ids are laid out in blocks, in the order below; the chords of a corpus follow the pitches, of
which there are 128 for each step into which a semitone is divided. Changing anything here makes
vocabularies of another version.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

GRID_PER_QUARTER: Final = 24  # holds 32nds (3) and triplets of eighths (8) and sixteenths (4) exactly
MAX_CHORD_PITCHES: Final = 16  # a larger cluster is written as several chords struck at once
MIN_REST_TICKS: Final = 6  # a sixteenth: shorter silences are articulation, not rests

# Grid ticks. Every length up to a quarter note, then ever coarser up to 32 quarter notes;
# 32, 40 and 64 are triplet lengths.
TIME_STEPS: Final[tuple[int, ...]] = tuple(
    sorted(
        {*range(1, 25), *range(27, 49, 3), *range(54, 97, 6), *range(108, 193, 12)}
        | {32, 40, 64, *range(216, 385, 24), 480, 576, 672, 768}
    )
)
# MIDI velocities, 8 apart: 64, what most scores without dynamics carry, is kept exactly.
VELOCITIES: Final[tuple[int, ...]] = (*range(8, 121, 8), 127)
# Quarter notes a minute, 12 steps an octave around 120: at most 3 % off between 30 and 240.
TEMPOS: Final[tuple[float, ...]] = tuple(120.0 * 2.0 ** (step / 12) for step in range(-24, 13))
# Numerator and denominator; the last stands for every other meter.
METERS: Final[tuple[tuple[int, int] | None, ...]] = (
    *((4, 4), (3, 4), (2, 4), (2, 2), (6, 8), (3, 8), (9, 8), (12, 8), (3, 2), (4, 2)),
    *((6, 4), (5, 4), (7, 4), (5, 8), (7, 8), (6, 16), (9, 16), (12, 16), (4, 8), (8, 8)),
    None,
)

PAD: Final = 0
BOS: Final = 1
EOS: Final = 2
REST: Final = 3
FIRST_TEMPO: Final = 4
FIRST_METER: Final = FIRST_TEMPO + len(TEMPOS)
FIRST_VELOCITY: Final = FIRST_METER + len(METERS)
FIRST_SHIFT: Final = FIRST_VELOCITY + len(VELOCITIES)
FIRST_DURATION: Final = FIRST_SHIFT + len(TIME_STEPS)
FIRST_PITCH: Final = FIRST_DURATION + len(TIME_STEPS)
FIRST_CHORD: Final = FIRST_PITCH + 128  # where semitones are not divided

_STEPS: Final = np.array(TIME_STEPS)


# Index into TIME_STEPS of the step nearest to each length 0 … 768, halfway to the shorter.
NEAREST_STEP: Final[npt.NDArray[np.int64]] = np.array(
    [int(np.abs(_STEPS - length).argmin()) for length in range(TIME_STEPS[-1] + 1)]
)


def shift_tokens(ticks: int) -> list[int]:
    """The tokens that move time forward by exactly `ticks` ≥ 1, the largest first."""
    count, rest = divmod(ticks, TIME_STEPS[-1])
    tokens = [FIRST_SHIFT + len(TIME_STEPS) - 1] * count
    while rest:
        index = int(np.searchsorted(_STEPS, rest, side="right")) - 1
        tokens.append(FIRST_SHIFT + index)
        rest -= TIME_STEPS[index]
    return tokens


# Looked up once an event: every shift up to the largest single step.
SHIFTS: Final[tuple[list[int], ...]] = tuple(shift_tokens(ticks) for ticks in range(TIME_STEPS[-1] + 1))


def tempo_token(tempo_bpm: float) -> int:
    """The token of the nearest tempo on a logarithmic scale; outside 30–240 the outermost."""
    distances = np.abs(np.log(np.array(TEMPOS)) - np.log(tempo_bpm))
    return FIRST_TEMPO + int(distances.argmin())


def meter_token(numerator: int, denominator: int) -> int:
    """The token of a meter."""
    meter = (numerator, denominator)
    return FIRST_METER + (METERS.index(meter) if meter in METERS else len(METERS) - 1)
