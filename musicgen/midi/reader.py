"""MIDI bytes → Score, through symusic's parser behind our own checks.

Keeps notes (a note of length 0 becomes 1 tick), tempi, time signatures, names, programs and
which parts are drums. A part is what one channel of one track plays with one program. Leaves
out: notes that are never ended, parts without notes, time signatures that are none (0/4),
controllers, pedal, pitch bend, lyrics and key signatures.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import symusic

from musicgen.midi.chunks import MidiChunks, read_chunks
from musicgen.midi.errors import DamagedMidiError, MidiLimitError
from musicgen.midi.events import check_events, events, title
from musicgen.midi.limits import DEFAULT_LIMITS, MidiLimits
from musicgen.score import Notes, Part, Score, ScoreError, TempoChange, TimeSignature

_MICROSECONDS_PER_MINUTE = 60e6


def read_midi(source: bytes | Path, limits: MidiLimits = DEFAULT_LIMITS) -> Score:
    """The score of a MIDI file of format 0 or 1, or of a RIFF RMID file.

    Args:
        source: the file's bytes, or where it lies.
        limits: beyond which the file is refused.

    Raises:
        MidiError: not MIDI, damaged, over a limit or of an unsupported kind; see the subclasses.
        OSError: the file cannot be opened.
    """
    chunks = read_chunks(_bytes_of(source, limits), limits)
    check_events(chunks, limits)
    parsed = _parse(chunks)
    if parsed.note_num() > limits.max_notes:
        raise MidiLimitError(
            f"The file holds {parsed.note_num():,} notes, at most {limits.max_notes:,} are read; split it."
        )
    score = Score(
        parts=tuple(_parts(parsed)),
        tempos=_tempos(parsed, chunks.fixed_tempo_bpm),
        time_signatures=_time_signatures(parsed),
        ticks_per_quarter=chunks.ticks_per_quarter,
        title=title(chunks),
    )
    seconds = float(score.seconds_at(parsed.end()))
    if seconds > limits.max_seconds:
        raise MidiLimitError(
            f"The file lasts {seconds:,.1f} seconds, at most {limits.max_seconds:,.1f} are read; "
            "split it, or cut the silence at its end."
        )
    return score


def _bytes_of(source: bytes | Path, limits: MidiLimits) -> bytes:
    if isinstance(source, bytes):
        return source
    with source.open("rb") as file:
        return file.read(limits.max_bytes + 1)  # one more than allowed is enough to refuse


def _parse(chunks: MidiChunks) -> Any:
    try:
        return symusic.Score.from_midi(chunks.plain_file())
    except (RuntimeError, ValueError) as error:
        for start, end in chunks.tracks:
            for _ in events(chunks.data, start, end):
                pass  # raises where the damage is, which the parser does not tell
        raise DamagedMidiError(
            f"The events of the file cannot be read ({error}); get or export it again."
        ) from error


def _parts(parsed: Any) -> list[Part]:
    parts: list[Part] = []
    for track in parsed.tracks:
        columns = track.notes.numpy()
        if not len(columns["time"]):
            continue
        try:
            notes = Notes(
                columns["time"], columns["pitch"], np.maximum(columns["duration"], 1), columns["velocity"]
            )
        except ScoreError as error:
            raise DamagedMidiError(
                f"Part {len(parts) + 1} ({track.name!r}): {error} Export again."
            ) from error
        parts.append(Part(notes, track.name, int(track.program), bool(track.is_drum)))
    return parts


def _tempos(parsed: Any, fixed_tempo_bpm: float | None) -> tuple[TempoChange, ...]:
    if fixed_tempo_bpm is not None:
        return (TempoChange(0, fixed_tempo_bpm),)
    columns = parsed.tempos.numpy()
    last_at: dict[int, float] = {}
    for tick, microseconds in zip(columns["time"].tolist(), columns["mspq"].tolist(), strict=True):
        if microseconds < 1:
            raise DamagedMidiError(
                f"The tempo at tick {tick:,} is 0 microseconds a quarter note, so no time would pass; "
                "remove that tempo event."
            )
        last_at[tick] = _MICROSECONDS_PER_MINUTE / microseconds
    return tuple(TempoChange(tick, bpm) for tick, bpm in sorted(last_at.items()))


def _time_signatures(parsed: Any) -> tuple[TimeSignature, ...]:
    columns = parsed.time_signatures.numpy()
    names = ("time", "numerator", "denominator")
    rows = zip(*(columns[name].tolist() for name in names), strict=True)
    last_at = {tick: (numerator, denominator) for tick, numerator, denominator in rows}
    return tuple(
        TimeSignature(tick, numerator, denominator)
        for tick, (numerator, denominator) in sorted(last_at.items())
        if numerator and denominator
    )
