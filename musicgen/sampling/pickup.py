"""A piece that begins with its first note. Knows scores only."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Final

from musicgen.score import DEFAULT_METER, Notes, Score, TempoChange, TimeSignature

_DENOMINATORS: Final = (4, 8, 16, 32)  # of a pickup's own short bar, the plainest first


def begin_at_first_note(score: Score) -> Score:
    """The score without the silence before its first note; bars stay where they are.

    Corpora hold a pickup as a bar that begins with rests, so that bar lines are right. Whoever
    listens should not wait for it: the rests go, and what is left of the bar becomes a short bar of
    its own before the first full one, as printed music has it. A pickup that no such bar fits
    (off the grid of 1/32) keeps its rests.
    """
    notes = score.all_notes()
    if not len(notes) or not notes.start_ticks[0]:
        return score
    first = int(notes.start_ticks[0])
    meters = [meter for meter in score.time_signatures if meter.start_ticks <= first]
    begun = meters[-1] if meters else TimeSignature(0, *DEFAULT_METER)
    bar = Fraction(4 * score.ticks_per_quarter * begun.numerator, begun.denominator)
    left = -Fraction(first - begun.start_ticks) % bar
    opening = [replace(begun, start_ticks=0)]
    if left:
        short = _short_bar(left / (4 * score.ticks_per_quarter))
        if short is None:
            return score
        opening = [TimeSignature(0, *short), replace(begun, start_ticks=int(left))]
    later = [meter for meter in score.time_signatures if meter.start_ticks > first]
    return replace(
        score,
        parts=tuple(replace(part, notes=_earlier(part.notes, first)) for part in score.parts),
        tempos=tuple(_tempos_from(score.tempos, first)),
        time_signatures=(*opening, *(replace(m, start_ticks=m.start_ticks - first) for m in later)),
    )


def _short_bar(whole_notes: Fraction) -> tuple[int, int] | None:
    """The meter of a bar of this length, in the largest unit that it is made of."""
    for denominator in _DENOMINATORS:
        numerator = whole_notes * denominator
        if numerator.denominator == 1:
            return int(numerator), denominator
    return None


def _earlier(notes: Notes, ticks: int) -> Notes:
    return Notes(notes.start_ticks - ticks, notes.pitch, notes.duration_ticks, notes.velocity, notes.cents)


def _tempos_from(tempos: tuple[TempoChange, ...], first: int) -> list[TempoChange]:
    held = [tempo for tempo in tempos if tempo.start_ticks <= first][-1:]
    later = [tempo for tempo in tempos if tempo.start_ticks > first]
    return [tempo._replace(start_ticks=max(0, tempo.start_ticks - first)) for tempo in held + later]
