"""What the controllers of a channel mean: bend in cents, pedal, bank. Knows no tracks or notes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

from musicgen.score import NO_CURVE, Curve

BEND: Final = -1  # stands among the controller numbers for the pitch wheel
BEND_CENTRE: Final = 8192
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
_BANK: Final = (BANK_COARSE, BANK_FINE)
_PARAMETERS: Final = (DATA_COARSE, DATA_FINE, NRPN_FINE, NRPN_COARSE, RPN_FINE, RPN_COARSE)
HEARD: Final = frozenset((*_BANK, *_PARAMETERS, PEDAL, RESET))
_NO_PARAMETER: Final = (127, 127)
_BEND_RANGE: Final = (0, 0)
_DEFAULT_RANGE: Final = 200  # cents up and down, where no RPN 0 says otherwise

Change = tuple[int, int, int]  # tick, controller number or BEND, value


def bend_curve(settings: Iterable[Change], ticks: npt.ArrayLike, wheel: npt.ArrayLike) -> Curve:
    """The bend of a channel in cents, its range set by registered parameter 0.

    Args:
        settings: controllers of the channel in the order of time.
        ticks: at which the wheel moves, ascending.
        wheel: its positions, 0 at the centre, −8,192 to 8,191.
    """
    position = Curve(ticks, wheel)
    if not position.values.any():
        return NO_CURVE
    wider = _range_curve(settings)
    both = np.union1d(position.start_ticks, wider.start_ticks)
    cents = position.at(both).astype(np.float64) * (wider.at(both) + _DEFAULT_RANGE) / BEND_CENTRE
    return Curve.of_changes(both, cents)


def _range_curve(settings: Iterable[Change]) -> Curve:
    """By how many cents the wheel's range is wider than usual."""
    ticks: list[int] = []
    wider: list[int] = []
    parameter = _NO_PARAMETER
    semitones, cents = divmod(_DEFAULT_RANGE, 100)
    for tick, number, value in settings:
        if number == RPN_COARSE:
            parameter = (value, parameter[1])
        elif number == RPN_FINE:
            parameter = (parameter[0], value)
        elif number in (NRPN_COARSE, NRPN_FINE, RESET):
            parameter = _NO_PARAMETER
        elif number in (DATA_COARSE, DATA_FINE) and parameter == _BEND_RANGE:
            semitones, cents = (value, cents) if number == DATA_COARSE else (semitones, value)
            ticks.append(tick)
            wider.append(100 * semitones + cents - _DEFAULT_RANGE)
    return Curve(ticks, wider)


def pedal_curve(
    ticks: npt.NDArray[np.integer], numbers: npt.NDArray[np.integer], values: npt.NDArray[np.integer]
) -> Curve:
    """How far the sustain pedal of a channel is down, 0–127.

    Args:
        ticks: of the channel's controllers, ascending; shape (n,).
        numbers: of the controllers, shape (n,).
        values: 0–127, shape (n,).
    """
    heard = (numbers == PEDAL) | (numbers == RESET)
    if not heard.all():
        ticks, numbers, values = ticks[heard], numbers[heard], values[heard]
    positions = values * (numbers == PEDAL)
    return Curve.of_changes(ticks, positions) if positions.any() else NO_CURVE


def bank_curve(
    ticks: npt.NDArray[np.integer], numbers: npt.NDArray[np.integer], values: npt.NDArray[np.integer]
) -> Curve:
    """The bank that a channel has selected, 0–16,383; arguments as for `pedal_curve`."""
    coarse, fine = numbers == BANK_COARSE, numbers == BANK_FINE
    if not (values * (coarse | fine)).any():
        return NO_CURVE
    high, low = Curve(ticks[coarse], values[coarse]), Curve(ticks[fine], values[fine])
    both = np.union1d(high.start_ticks, low.start_ticks)
    return Curve.of_changes(both, 128 * high.at(both) + low.at(both))


def glides(curve: Curve, starts: npt.NDArray[np.integer], ends: npt.NDArray[np.integer]) -> bool:
    """Whether a bend changes while a note sounds."""
    after_start = np.searchsorted(curve.start_ticks, starts, side="right")
    before_end = np.searchsorted(curve.start_ticks, ends, side="left")
    return bool((after_start < before_end).any())
