"""What the controllers of a channel mean: bend in cents, pedal, bank. Knows no tracks or notes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from musicgen.score import NO_CURVE, Curve

BEND: Final = -1  # stands among the controller numbers for the pitch wheel
BEND_CENTRE: Final = 8192
DEFAULT_RANGE_CENTS: Final = 200.0  # up and down, where no RPN 0 says otherwise
BANK_COARSE: Final = 0
BANK_FINE: Final = 32
DATA_COARSE: Final = 6
DATA_FINE: Final = 38
PEDAL: Final = 64
NRPN_FINE: Final = 98
NRPN_COARSE: Final = 99
RPN_FINE: Final = 100
RPN_COARSE: Final = 101
RESET: Final = 121
HEARD: Final = frozenset(
    (
        BANK_COARSE,
        DATA_COARSE,
        BANK_FINE,
        DATA_FINE,
        PEDAL,
        NRPN_FINE,
        NRPN_COARSE,
        RPN_FINE,
        RPN_COARSE,
        RESET,
    )
)
_NO_PARAMETER: Final = (127, 127)
_BEND_RANGE: Final = (0, 0)

Change = tuple[int, int, int]  # tick, controller number or BEND, value


def bend_curve(changes: Iterable[Change]) -> Curve:
    """The bend of a channel in cents, its range set by registered parameter 0.

    Args:
        changes: of one channel, in the order of time.
    """
    ticks: list[int] = []
    cents: list[float] = []
    parameter = _NO_PARAMETER
    semitones, fine = 2, 0
    wheel = BEND_CENTRE
    for tick, number, value in changes:
        if number == BEND:
            wheel = value
        elif number == RPN_COARSE:
            parameter = (value, parameter[1])
        elif number == RPN_FINE:
            parameter = (parameter[0], value)
        elif number in (NRPN_COARSE, NRPN_FINE):
            parameter = _NO_PARAMETER
        elif number == DATA_COARSE and parameter == _BEND_RANGE:
            semitones = value
        elif number == DATA_FINE and parameter == _BEND_RANGE:
            fine = value
        elif number == RESET:  # leaves the range as it is, as the recommended practice says
            wheel, parameter = BEND_CENTRE, _NO_PARAMETER
        else:
            continue
        ticks.append(tick)
        cents.append((wheel - BEND_CENTRE) / BEND_CENTRE * (100 * semitones + fine))
    return changes_only(Curve(ticks, cents))


def pedal_curve(changes: Iterable[Change]) -> Curve:
    """How far the sustain pedal of a channel is down, 0–127."""
    heard = [
        (tick, 0 if number == RESET else value) for tick, number, value in changes if number in (PEDAL, RESET)
    ]
    return changes_only(Curve([tick for tick, _ in heard], [value for _, value in heard]))


def changes_only(curve: Curve) -> Curve:
    """A curve without the points that repeat the value before, 0 before the first."""
    if not len(curve):
        return NO_CURVE
    differs = np.diff(curve.values, prepend=np.float32(0)) != 0
    if differs.all():
        return curve
    return Curve(curve.start_ticks[differs], curve.values[differs]) if differs.any() else NO_CURVE
