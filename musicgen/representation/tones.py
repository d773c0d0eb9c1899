"""C-RNN-GAN's continuous data (Mogren 2016, arXiv:1611.09904): music as numbers, not tokens.

A tone is its length, frequency, intensity and the time since the tone before. Tones struck
together stand in one cell of up to three ("C-RNN-GAN-3"), or each in a cell of its own. Hands do
not strike a chord at one instant: cells of three join what begins within 25 ms of their first tone.
A pause beyond the longest of the corpus goes on over cells without a tone. Knows scores and arrays;
no MIDI bytes, no files, no networks.

A cell is float32 (3 · tones_per_cell + 1,), every number −1 to 1::

    (length, pitch, intensity) for each tone, the lowest first; then the time since the last cell

Frequency is in semitones, 69 + 12 · log2(hertz / 440), cents included, so that quarter tones need
nothing special. See `ToneScaling` for the scales.

Keeps, inside the ranges of the corpus that the scaling was fitted to: every pitched note; onsets
and lengths within 1 ms, in cells of three onsets at most 25 ms early; velocities exactly; pitch to
the cent where the corpus is microtonal, else to the semitone. Pauses of up to an hour are kept in
any corpus.

Loses: drums; which part plays a note, and its program; tempo, meter and key, because time is in
seconds; pedal; glides, of which the pitch at a note's beginning is left; whatever lies outside the
ranges of the corpus, which is moved to their edge, and of lengths what goes beyond 60 seconds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np
import numpy.typing as npt

from musicgen.representation.errors import RepresentationError
from musicgen.score import MAX_TICKS, Notes, Part, Score, TempoChange

Values = npt.NDArray[np.float32]
_Floats = npt.NDArray[np.float64]

VERSION: Final = 1  # of the layout and the scales
TONES_PER_CELL: Final = (1, 3)  # the paper's C-RNN-GAN and C-RNN-GAN-3
FEATURES_PER_TONE: Final = 3  # length, pitch, intensity
KNEE_SECONDS: Final = 0.05  # times well below count evenly, well above by their logarithm
MAX_SECONDS: Final = 60.0  # a longer length or pause would squeeze all others together
JOINED_SECONDS: Final = 0.025  # a chord's hands differ by less, a trill's or arpeggio's notes by more
_MAX_EMPTY_CELLS: Final = 3600  # of one pause: an hour where the longest pause is a second
MIN_RANGE_SECONDS: Final = 1.0  # ranges are never narrower, so that a uniform corpus has one too
MIN_RANGE_SEMITONES: Final = 12.0
LOWEST: Final = -1.0  # semitones: MIDI's pitches, and the cents beside the outermost
HIGHEST: Final = 128.0
ABSENT: Final = -1.0  # length and intensity where a cell has no further tone
SOFTEST: Final = -0.5  # intensity of velocity 1; the gap below keeps faint tones from absent ones
_PRESENT_FROM: Final = (ABSENT + SOFTEST) / 2
_NOTICED_CENTS: Final = 0.5
MICROTONAL_SHARE: Final = 0.01  # of a corpus's notes; fewer are stray bends, such as glides into notes
_ROUNDING: Final = 1e-9  # of a pause: by so much it may seem longer than the longest
_TICKS_PER_QUARTER: Final = 960  # at 120 quarter notes a minute a tick is 0.52 ms


@dataclass(frozen=True, slots=True)
class ToneScaling:
    """The way from seconds, semitones and velocities to numbers from −1 to 1, and back.

    ===============  =========================================================================
    length, time     ln(1 + seconds / 0.05), evenly from −1 at 0 seconds to 1 at the longest
    pitch            semitones, evenly from −1 at the lowest to 1 at the highest
    intensity        velocity, evenly from −0.5 at 1 to 1 at 127; −1 is a tone that is not there
    ===============  =========================================================================

    Attributes:
        longest_seconds: of the tones of the corpus, at most 60.
        longest_pause_seconds: between one onset and the next, at most 60.
        lowest, highest: pitches in semitones, 69 = 440 Hz.
        pitch_step_cents: to which decoded pitches are rounded: 1, or 100 without microtones.
    """

    longest_seconds: float
    longest_pause_seconds: float
    lowest: float
    highest: float
    pitch_step_cents: int

    def __post_init__(self) -> None:
        times = (self.longest_seconds, self.longest_pause_seconds)
        if not (
            all(0 < seconds <= MAX_SECONDS for seconds in times)
            and LOWEST <= self.lowest < self.highest <= HIGHEST
            and self.pitch_step_cents in (1, 100)
        ):
            raise RepresentationError(
                f"These ranges of tones cannot be: {asdict(self)}; the scaling is damaged, prepare the "
                "corpus again."
            )

    def lengths(self, seconds: npt.ArrayLike) -> _Floats:
        """Lengths as numbers, any shape."""
        return _from_seconds(seconds, self.longest_seconds)

    def seconds_of_lengths(self, numbers: npt.ArrayLike) -> _Floats:
        """The inverse of `lengths`; of numbers outside −1 to 1 the nearest is meant."""
        return _to_seconds(numbers, self.longest_seconds)

    def pauses(self, seconds: npt.ArrayLike) -> _Floats:
        """Times since the last cell as numbers, any shape."""
        return _from_seconds(seconds, self.longest_pause_seconds)

    def seconds_of_pauses(self, numbers: npt.ArrayLike) -> _Floats:
        """The inverse of `pauses`; of numbers outside −1 to 1 the nearest is meant."""
        return _to_seconds(numbers, self.longest_pause_seconds)

    def pitches(self, semitones: npt.ArrayLike) -> _Floats:
        """Pitches as numbers, any shape."""
        given = np.clip(np.asarray(semitones, np.float64), self.lowest, self.highest)
        return 2.0 * (given - self.lowest) / (self.highest - self.lowest) - 1.0

    def semitones_of_pitches(self, numbers: npt.ArrayLike) -> _Floats:
        """The inverse of `pitches`; of numbers outside −1 to 1 the nearest is meant."""
        return self.lowest + (_within(numbers) + 1.0) / 2.0 * (self.highest - self.lowest)

    @staticmethod
    def intensities(velocities: npt.ArrayLike) -> _Floats:
        """Velocities 1 to 127 as numbers, any shape."""
        return SOFTEST + (np.asarray(velocities, np.float64) - 1.0) / 126.0 * (1.0 - SOFTEST)

    @staticmethod
    def velocities_of_intensities(numbers: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """The inverse of `intensities`, 0 where there is no tone."""
        given = _within(numbers)
        velocities = np.rint(1.0 + 126.0 * (given - SOFTEST) / (1.0 - SOFTEST)).astype(np.int64)
        return np.where(given < _PRESENT_FROM, 0, np.maximum(velocities, 1))


class Tones:
    """Scores as arrays of cells, and back.

    Args:
        scaling: fitted to a corpus.
        tones_per_cell: 1 or 3.

    Raises:
        RepresentationError: another number of tones.
    """

    name: ClassVar[str] = "tones"

    def __init__(self, scaling: ToneScaling, tones_per_cell: int = 1) -> None:
        if tones_per_cell not in TONES_PER_CELL:
            raise RepresentationError(f"A cell holds 1 or 3 tones, not {tones_per_cell!r}.")
        self.scaling = scaling
        self.tones_per_cell = tones_per_cell

    @classmethod
    def build(cls, scores: Iterable[Score], *, tones_per_cell: int = 1) -> Self:
        """Fit the scaling to a corpus.

        Args:
            scores: read once, so that they may be made one by one.
            tones_per_cell: 1 or 3.
        """
        length, pause, lowest, highest = MIN_RANGE_SECONDS, MIN_RANGE_SECONDS, math.inf, -math.inf
        count = odd = 0
        for score in scores:
            notes = score.all_notes(drums=False)
            if len(notes):
                starts, seconds, semitones = _physical(score, notes)
                length = max(length, float(seconds.max()))
                pause = max(pause, float(np.diff(starts, prepend=0.0).max()))
                lowest, highest = min(lowest, float(semitones.min())), max(highest, float(semitones.max()))
                count += len(notes)
                odd += int((np.abs(notes.cents) > _NOTICED_CENTS).sum())
        if not count:
            lowest, highest = 21.0, 108.0  # a piano's, where there is nothing to go by
        missing = max(0.0, MIN_RANGE_SEMITONES - (highest - lowest))
        lowest = min(max(lowest - missing / 2, LOWEST), HIGHEST - MIN_RANGE_SEMITONES)
        highest = min(max(highest + missing / 2, lowest + MIN_RANGE_SEMITONES), HIGHEST)
        scaling = ToneScaling(
            longest_seconds=min(length, MAX_SECONDS),
            longest_pause_seconds=min(pause, MAX_SECONDS),
            lowest=lowest,
            highest=highest,
            pitch_step_cents=1 if odd and odd >= MICROTONAL_SHARE * count else 100,
        )
        return cls(scaling, tones_per_cell)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What `to_json` wrote.

        Raises:
            RepresentationError: of another version, or damaged.
        """
        if data.get("representation") != cls.name or data.get("version") != VERSION:
            raise RepresentationError(
                f"This is a scaling of {data.get('representation')!r} version {data.get('version')!r}; this "
                f"program reads {cls.name!r} version {VERSION}. Prepare the corpus again."
            )
        try:
            return cls(ToneScaling(**data["scaling"]), data["tones_per_cell"])
        except (KeyError, TypeError) as error:
            raise RepresentationError(
                f"The scaling is damaged ({error}); prepare the corpus again."
            ) from error

    def to_json(self) -> dict[str, Any]:
        """The scaling as plain JSON values."""
        return {
            "representation": self.name,
            "version": VERSION,
            "tones_per_cell": self.tones_per_cell,
            "scaling": asdict(self.scaling),
        }

    @property
    def features(self) -> int:
        """Numbers in a cell."""
        return FEATURES_PER_TONE * self.tones_per_cell + 1

    def encode(self, score: Score) -> Values:
        """A score as cells.

        Returns:
            float32 (cells, features), −1 to 1.

        Raises:
            RepresentationError: no note but drums.
        """
        notes = score.all_notes(drums=False)
        if not len(notes):
            raise RepresentationError(
                "There are no notes but drums in this score, and this representation leaves drums out."
            )
        starts, lengths, semitones = _physical(score, notes)
        begins = _joined(starts) if self.tones_per_cell > 1 else starts
        order = np.lexsort((semitones, begins))
        cells, places = _packed(begins[order], self.tones_per_cell)
        first = np.flatnonzero(places == 0)
        pitches = self.scaling.pitches(semitones[order])
        pauses, empty = self._pauses(np.diff(begins[order][first], prepend=0.0))
        at = np.arange(len(first)) + np.cumsum(empty)  # where the cells with tones stand
        values = np.full((len(first) + int(empty.sum()), self.features), ABSENT)
        values[:, -1] = 1.0
        values[at, -1] = pauses
        tones = self._tones(values)  # a view
        # A tone that is not there lies where the lowest one does: no cliff for a network to climb.
        tones[:, :, 1] = np.repeat(pitches[first], empty + 1)[:, None]
        tones[at[cells], places, 0] = self.scaling.lengths(lengths[order])
        tones[at[cells], places, 1] = pitches
        tones[at[cells], places, 2] = self.scaling.intensities(notes.velocity[order])
        return values.astype(np.float32)

    def _pauses(self, seconds: _Floats) -> tuple[_Floats, npt.NDArray[np.int64]]:
        """Pauses as numbers, and how many empty cells, each of the longest pause, stand before each."""
        longest = self.scaling.longest_pause_seconds
        empty = np.ceil(seconds / longest * (1 - _ROUNDING)) - 1
        empty = np.clip(empty, 0, _MAX_EMPTY_CELLS)
        return self.scaling.pauses(seconds - empty * longest), empty.astype(np.int64)

    def decode(
        self,
        values: npt.ArrayLike,
        *,
        tempo_bpm: float = 120.0,
        pitch_step_cents: int | None = None,
        title: str = "",
    ) -> Score:
        """The score that cells stand for, as one piano part.

        Any numbers will do, as a network may give them: those outside −1 to 1 count as the
        nearest, and what is no number as 0.

        Args:
            values: float (cells, features).
            tempo_bpm: of the grid of ticks, > 0; it does not change the time in seconds.
            pitch_step_cents: to which pitches are rounded, instead of what suits the corpus.
            title: of the score.

        Raises:
            RepresentationError: an array of another shape.
        """
        given = np.asarray(values, np.float64)
        if given.ndim != 2 or given.shape[1] != self.features:
            raise RepresentationError(
                f"An array of shape {given.shape} was given, but cells of {self.tones_per_cell} tones "
                f"have shape (cells, {self.features})."
            )
        step = pitch_step_cents or self.scaling.pitch_step_cents
        ticks_per_second = tempo_bpm * _TICKS_PER_QUARTER / 60.0
        starts = np.cumsum(self.scaling.seconds_of_pauses(given[:, -1]))
        tones = given[:, :-1].reshape(len(given), self.tones_per_cell, FEATURES_PER_TONE)
        velocities = self.scaling.velocities_of_intensities(tones[:, :, 2])
        cells, places = np.nonzero(velocities)
        lengths = self.scaling.seconds_of_lengths(tones[cells, places, 0])
        cents = _rounded(100.0 * self.scaling.semitones_of_pitches(tones[cells, places, 1]), step)
        begin = np.rint(starts[cells] * ticks_per_second)
        end = np.rint((starts[cells] + lengths) * ticks_per_second)
        pitches = np.clip((cents + 50) // 100, 0, 127)
        notes = Notes(
            np.minimum(begin, MAX_TICKS).astype(np.int64),
            pitches,
            np.clip(end - begin, 1, MAX_TICKS).astype(np.int64),
            velocities[cells, places],
            cents - 100 * pitches,
        )
        return Score(
            parts=(Part(notes),),
            tempos=(TempoChange(0, tempo_bpm),),
            ticks_per_quarter=_TICKS_PER_QUARTER,
            title=title,
        )

    def pitch_range(self, values: Values) -> tuple[float, float]:
        """Lowest and highest pitch of some cells in semitones; that of the scaling where there are none."""
        pitches = self._tones(values)[:, :, 1][self._tones(values)[:, :, 2] >= _PRESENT_FROM]
        if not len(pitches):
            return self.scaling.lowest, self.scaling.highest
        lowest, highest = self.scaling.semitones_of_pitches([pitches.min(), pitches.max()])
        return float(lowest), float(highest)

    def changed(
        self, values: Values, *, semitones: float = 0.0, slower: float = 1.0, louder: int = 0
    ) -> Values:
        """The same music in another key, at another speed and loudness, without a score in between.

        Args:
            values: float32 (cells, features), as `encode` gives them.
            semitones: up; beyond the ranges of the scaling the edge is meant, here as below.
            slower: by which lengths and pauses are multiplied, > 0.
            louder: is added to velocities.

        Returns:
            float32 of the same shape; tones that are not there stay so.
        """
        changed = np.array(values, np.float64)
        tones = self._tones(changed)  # a view
        present = tones[:, :, 2] >= _PRESENT_FROM
        scaling = self.scaling
        changed[:, -1] = scaling.pauses(slower * scaling.seconds_of_pauses(changed[:, -1]))
        lengths = scaling.lengths(slower * scaling.seconds_of_lengths(tones[:, :, 0]))
        tones[:, :, 0] = np.where(present, lengths, ABSENT)
        tones[:, :, 1] = scaling.pitches(scaling.semitones_of_pitches(tones[:, :, 1]) + semitones)
        velocities = np.clip(scaling.velocities_of_intensities(tones[:, :, 2]) + louder, 1, 127)
        tones[:, :, 2] = np.where(present, scaling.intensities(velocities), ABSENT)
        return changed.astype(np.float32)

    def _tones(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """A view of cells as (cells, tones_per_cell, 3)."""
        return values[:, :-1].reshape(len(values), self.tones_per_cell, FEATURES_PER_TONE)


def _physical(score: Score, notes: Notes) -> tuple[_Floats, _Floats, _Floats]:
    """Onsets and lengths in seconds and pitches in semitones, float64 (n,) each."""
    starts = score.seconds_at(notes.start_ticks)
    semitones = np.clip(notes.pitch + notes.cents.astype(np.float64) / 100.0, LOWEST, HIGHEST)
    return starts, score.seconds_at(notes.end_ticks) - starts, semitones


def _joined(starts: _Floats) -> _Floats:
    """For each of some ascending onsets, in seconds, that of the chord it belongs to: float64 (n,)."""
    edges = [0]
    while edges[-1] < len(starts):
        edges.append(int(np.searchsorted(starts, starts[edges[-1]] + JOINED_SECONDS, side="right")))
    return np.asarray(np.repeat(starts[edges[:-1]], np.diff(edges)))


def _packed(begins: _Floats, per_cell: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Cell, and place in it, of each of some ascending onsets: int64 (n,) each."""
    is_new = np.diff(begins, prepend=-1.0) != 0
    number = np.arange(len(begins))
    # How many tones of the same onset came before.
    rank = number - np.maximum.accumulate(np.where(is_new, number, 0))
    places = rank % per_cell
    return np.cumsum(places == 0) - 1, places


def _within(numbers: npt.ArrayLike) -> _Floats:
    given = np.nan_to_num(np.asarray(numbers, np.float64), nan=0.0, posinf=1.0, neginf=-1.0)
    return np.clip(given, -1.0, 1.0)


def _from_seconds(seconds: npt.ArrayLike, longest: float) -> _Floats:
    given = np.clip(np.asarray(seconds, np.float64), 0.0, longest)
    return np.asarray(2.0 * np.log1p(given / KNEE_SECONDS) / math.log1p(longest / KNEE_SECONDS) - 1.0)


def _to_seconds(numbers: npt.ArrayLike, longest: float) -> _Floats:
    spans = (_within(numbers) + 1.0) / 2.0
    return np.asarray(KNEE_SECONDS * np.expm1(spans * math.log1p(longest / KNEE_SECONDS)))


def _rounded(cents: _Floats, step: int) -> npt.NDArray[np.int64]:
    return (step * np.rint(cents / step)).astype(np.int64)
