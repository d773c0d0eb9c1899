"""Composing with a network of continuous tones: the same as `Composer` gives, from noise.

Such a network never ends a piece, so it is ended at the longest pause near the length asked for.
It knows no bars, keys or instruments; what can be asked for stands in `abilities`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
from keras import ops

from musicgen.learning.checkpoint import CheckpointError, load_network, read_checkpoint
from musicgen.representation import RepresentationError, Tones, load_representation
from musicgen.sampling.abilities import check_abilities
from musicgen.sampling.choice import choose_tokens
from musicgen.sampling.compiled import compiled
from musicgen.sampling.composer import Composer, Composition, StreamChunk
from musicgen.sampling.prompts import Continuation, Prompt, Variation, opening_of
from musicgen.sampling.settings import MOST_TAKES, SamplingSettings, SamplingSettingsError
from musicgen.sampling.streaming import NoteStream
from musicgen.sampling.takes import stuck_passage, stuck_reason
from musicgen.sampling.wishes import first_program
from musicgen.score import DEFAULT_TEMPO_BPM, Score

_DRAWS: Final = 2  # a stuck take is drawn anew once
_BATCHES: Final = (1, 2, 4, 8)  # a loop is compiled for each size that is asked for
_CELLS: Final = 32  # in one call of the loop: notes, progress and cancel come between
_LEAST_SHARE: Final = 0.8  # of the length in seconds, before which a piece may not end …
_MOST_SHARE: Final = 1.25  # … and after which it is ended
_LEAST_SHARE_OF_NOTES: Final = 0.9
_READ: Final = 64  # given cells in one call
_REMEMBERED: Final = 0.9  # of how lately a pitch was struck, from cell to cell: half after 7
_MOST_CELLS_PER_SECOND: Final = 200  # denser than any piano music: a take that long does not move on

Values = npt.NDArray[np.float32]
Finish = Literal["eos", "length", "cancelled"]


class ToneComposer(Composer):
    """Composes with one checkpoint of tones; loads and compiles once.

    Args:
        checkpoint: its folder, as `resolve_checkpoint` finds it.

    Raises:
        CheckpointError: no checkpoint, damaged, of another version, or of tokens.
    """

    def __init__(self, checkpoint: Path) -> None:
        self.info = read_checkpoint(checkpoint)
        try:
            representation = load_representation(self.info.vocabulary)
        except RepresentationError as error:
            raise CheckpointError(f"{checkpoint} cannot be composed from: {error}") from None
        if not isinstance(representation, Tones):
            raise CheckpointError(f"{checkpoint} writes tokens, no tones; compose from it with Composer.")
        self._tones = representation
        self._network = load_network(checkpoint)
        self._pitch_temperature = float(self.info.settings.get("pitch_temperature", 1.0))
        self._loop = compiled(self._advanced, self._network.variables)
        self._read = compiled(self._reading, self._network.variables)

    def _chunks(
        self,
        settings: SamplingSettings,
        count: int,
        prompt: Prompt | None,
        should_stop: Callable[[], bool] | None,
        *,
        streams: bool,
    ) -> Iterator[StreamChunk]:
        if not 1 <= count <= MOST_TAKES:
            raise SamplingSettingsError("takes", f"takes is {count}, must be 1 to {MOST_TAKES}.")
        check_abilities(self._tones, settings, prompt)
        given = self._given(prompt)
        numbers = list(range(count))
        for draw in range(_DRAWS):
            takes = [
                ToneTake(self._tones, settings.for_take(number), number, draw, given) for number in numbers
            ]
            yield from self._drawn(takes, should_stop, streams=streams, is_last=draw == _DRAWS - 1)
            numbers = [take.number for take in takes if take.is_stuck]
            if not numbers:
                return

    def _given(self, prompt: Prompt | None) -> Values:
        match prompt:
            case Continuation(score, seconds) | Variation(score, seconds):
                return self._tones.encode(opening_of(score, seconds))
        return np.zeros((0, self._tones.features), np.float32)

    def _drawn(
        self,
        takes: list[ToneTake],
        should_stop: Callable[[], bool] | None,
        *,
        streams: bool,
        is_last: bool,
    ) -> Iterator[StreamChunk]:
        rows = next(size for size in _BATCHES if size >= len(takes))
        state = self._begun(takes, rows)
        waiting = list(takes)
        while waiting:
            noise = np.zeros((rows, _CELLS, self._network.noise), np.float32)
            for row, take in enumerate(takes):
                noise[row] = take.noise(self._network.noise)
            cells, *state = self._loop(*state, noise, *self._boldness(takes[0].settings))
            is_cancelled = should_stop is not None and should_stop()
            for row, take in enumerate(takes):
                if take not in waiting:
                    continue
                take.grow(np.asarray(cells[row]))
                if is_cancelled and take.finished is None:
                    take.finished = "cancelled"
                chunk = take.chunk(streams=streams, is_last=is_last)
                if chunk is None or take.finished is not None:
                    waiting.remove(take)
                if chunk is not None:
                    yield chunk

    def _begun(self, takes: list[ToneTake], rows: int) -> list[Any]:
        """The network's state after what was given."""
        memory, previous = self._network.initial_state(1)
        given = takes[0].cells
        for begin in range(0, len(given), _READ):
            chunk = given[begin : begin + _READ]
            padded = np.zeros((1, _READ, given.shape[1]), np.float32)
            padded[0, : len(chunk)] = chunk
            memory, previous = self._read(memory, previous, padded, np.int32(len(chunk)))
        return [
            ops.repeat(memory, rows, axis=2),
            ops.repeat(previous, rows, axis=0),
            ops.zeros((rows, self._network.config.pitch_marks), dtype="float32"),  # no pitch was struck yet
        ]

    def _reading(self, memory: Any, previous: Any, cells: Any, count: Any) -> tuple[Any, Any]:
        """The state after the first `count` of cells, float32 (1, time, numbers); the rest is padding."""
        network = self._network
        noise = np.full((1, network.noise), 0.5, np.float32)

        def body(place: Any, memory: Any, previous: Any) -> tuple[Any, Any, Any]:
            _, (memory, _) = network.step(noise, (memory, previous))
            return place + 1, memory, network.see(cells[:, place])

        first = ops.convert_to_tensor(0, dtype="int32")
        _, memory, previous = ops.while_loop(lambda place, *_: place < count, body, (first, memory, previous))
        return memory, previous

    def _boldness(self, settings: SamplingSettings) -> tuple[Any, ...]:
        return (
            np.float32(settings.temperature),
            np.int32(settings.top_k),
            np.float32(settings.top_p),
            np.float32(settings.min_p),
            np.float32(settings.repetition),
        )

    def _advanced(
        self,
        memory: Any,
        previous: Any,
        lately: Any,
        noise: Any,
        temperature: Any,
        top_k: Any,
        top_p: Any,
        min_p: Any,
        repetition: Any,
    ) -> tuple[Any, ...]:
        """Some cells on: float32 (rows, cells, numbers), and the state after."""
        network = self._network
        if network.lens is None:
            # Nothing is chosen here; what is daring is the noise: less of it is nearer to its mean.
            noise = 0.5 + (noise - 0.5) * ops.minimum(temperature, 1.0)

        def body(place: Any, memory: Any, previous: Any, lately: Any, cells: Any) -> tuple[Any, ...]:
            struck = []

            def choose(logits: Any, uniforms: Any, is_pitch: bool) -> Any:
                heat = temperature * self._pitch_temperature if is_pitch else temperature
                logits = logits - repetition * lately if is_pitch else logits
                chosen = choose_tokens(
                    logits, uniforms, temperature=heat, top_k=top_k, top_p=top_p, min_p=min_p
                )
                if is_pitch:
                    struck.append(ops.one_hot(chosen, lately.shape[1], dtype="float32"))
                return chosen

            cell, (memory, previous) = network.step(noise[:, place], (memory, previous), choose)
            cells = ops.slice_update(cells, (0, place, 0), cell[:, None])
            return place + 1, memory, previous, _REMEMBERED * lately + sum(struck), cells

        first = ops.convert_to_tensor(0, dtype="int32")
        cells = ops.zeros((noise.shape[0], _CELLS, network.config.cell), dtype="float32")
        carried = (first, memory, previous, lately, cells)
        _, *state, cells = ops.while_loop(lambda place, *_: place < _CELLS, body, carried)
        return cells, *state


class ToneTake:
    """A take while it is drawn.

    Args:
        tones: the scaling.
        settings: of this take, its own seed among them.
        number: of the take.
        draw: 0, or 1 if it is drawn anew.
        given: float32 (m, numbers), the cells it begins with.

    Attributes:
        cells: float32 (n, numbers), so far.
        finished: why it is over; None while it is drawn.
        is_stuck: whether it is to be drawn anew.
    """

    def __init__(
        self, tones: Tones, settings: SamplingSettings, number: int, draw: int, given: Values
    ) -> None:
        self.settings = settings
        self.number = number
        self.cells = given
        self.finished: Finish | None = None
        self.is_stuck = False
        self._tones = tones
        self._draw = draw
        self._given = len(given)
        self._notes = NoteStream()
        self._is_told = False

    @cached_property
    def _random(self) -> np.random.Generator:
        return np.random.default_rng([self.settings.seed, self._draw])

    def noise(self, width: int) -> Values:
        """The next cells' random numbers: float32 (cells, width)."""
        return self._random.random((_CELLS, width), np.float32)

    def grow(self, cells: Values) -> None:
        """Take more cells, and end if it is long enough."""
        self.cells = np.concatenate([self.cells, cells])
        before = self._amounts()
        least, most = self._limits()
        too_many = _MOST_CELLS_PER_SECOND * self.settings.length_seconds
        if before[-1] > most or (len(cells) and len(self.cells) - self._given > too_many):
            possible = np.flatnonzero((before >= least) & (before <= most))
            if not len(possible):
                possible = np.flatnonzero(before <= most)[-1:]
            # After the longest pause: a breath, if not the end of a phrase.
            last = possible[np.argmax(self.cells[possible, -1])]
            self.cells = self.cells[: max(int(last), self._given + 1)]
            self.finished = "length"

    def chunk(self, *, streams: bool, is_last: bool) -> StreamChunk | None:
        """What has become final; nothing once it is known that the take is to be drawn anew."""
        is_whole = self.finished is not None
        restarted = self._draw > 0 and not self._is_told
        if not is_whole and not streams:
            self._is_told = True
            return StreamChunk(self.number, (), restarted, self._progress())
        kept = len(self.cells) if is_whole else max(self._given, self._certain())
        score = self._score(self.cells[:kept])
        reason = stuck_reason(score) if is_whole else stuck_passage(score)
        if reason is not None and self.finished != "cancelled" and not is_last:
            self.finished, self.is_stuck = "cancelled", True
            return None
        self._is_told = True
        notes = tuple(self._notes.grown(score, is_whole=is_whole)) if streams else ()
        made = self._composition(score, reason) if is_whole else None
        return StreamChunk(self.number, notes, restarted, self._progress(), made)

    def _amounts(self) -> npt.NDArray[np.float64]:
        """Before each cell: seconds or notes since what was given, float64 (n,)."""
        if self.settings.length_unit == "notes":
            notes = self._sizes(self.cells)
            amounts = np.cumsum(notes) - notes
        else:
            amounts = np.cumsum(self._tones.scaling.seconds_of_pauses(self.cells[:, -1]))
        return np.asarray(amounts - amounts[max(0, self._given - 1)], np.float64)

    def _sizes(self, cells: Values) -> npt.NDArray[np.int64]:
        """Tones in each cell, int64 (n,)."""
        velocities = self._tones.scaling.velocities_of_intensities(cells[:, 2:-1:3])
        return np.asarray((velocities > 0).sum(axis=1), np.int64)

    def _limits(self) -> tuple[float, float]:
        if self.settings.length_notes is not None:
            return _LEAST_SHARE_OF_NOTES * self.settings.length_notes, self.settings.length_notes
        return _LEAST_SHARE * self.settings.length_seconds, _MOST_SHARE * self.settings.length_seconds

    def _certain(self) -> int:
        """How many cells stay, whatever comes."""
        return int(np.searchsorted(self._amounts(), self._limits()[0]))

    def _progress(self) -> float:
        if self.finished is not None:
            return 1.0
        return float(np.clip(self._amounts()[-1] / max(1e-9, self._limits()[0]), 0.0, 1.0))

    def _score(self, cells: Values) -> Score:
        cells = cells.copy()
        # Whoever listens need not wait for the first note.
        cells[: 1 + int(np.argmax(self._sizes(cells) > 0)), -1] = -1.0
        score = self._tones.decode(cells, tempo_bpm=self.settings.tempo_bpm or DEFAULT_TEMPO_BPM)
        if self.settings.instrument is None:
            return score
        program = first_program(self.settings.instrument)
        return replace(score, parts=tuple(replace(part, program=program) for part in score.parts))

    def _composition(self, score: Score, reason: str | None) -> Composition:
        assert self.finished is not None  # narrows the type
        return Composition(
            score=score,
            tokens=np.zeros(0, np.int32),
            seconds=score.duration_seconds,
            note_count=score.note_count,
            finished=self.finished,
            stuck=reason is not None,
            stuck_reason=reason,
            takes=self._draw + 1,
            seed=self.settings.seed,
        )
