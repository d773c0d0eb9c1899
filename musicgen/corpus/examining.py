"""What there is to know about one MIDI file before it is taken into a corpus.

`examine` needs nothing but the file's bytes: it runs in this process, in a pool of processes or
as a job on another machine alike, and what it finds can be written down as JSON.
"""

from __future__ import annotations

import hashlib
import math
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Self

import numpy as np

from musicgen.corpus.fingerprint import fingerprint
from musicgen.corpus.likeness import Sketch, sketch
from musicgen.midi import MidiError, MidiLimits, read_midi_report
from musicgen.score import Score
from musicgen.statistics import MEASURES, song_statistics, steps_of
from musicgen.statistics.keys import key_estimate

EXAMINATION_VERSION: Final = 2  # another one makes all that was written down worthless
TAKEN: Final = "taken"
DUPLICATE: Final = "duplicate"
REFUSED: Final = "refused"
STUCK_NOTE_SECONDS: Final = 60.0  # a note this long was hardly meant; an organ's pedal point may be


@dataclass(frozen=True, slots=True)
class Facts:
    """What a dataset's report says about a piece.

    Attributes:
        key: the estimate; empty without one.
        meter: the first time signature, "4/4" where none is given.
        meter_set: whether one is given.
        tempo_bpm: the first tempo; 0 where none is given.
        programs: General MIDI programs of the pitched parts, ascending.
        has_drums: whether there is a drum part.
        constant_velocity: whether all notes are equally loud.
        longest_note_seconds: of the note that lasts longest.
        has_microtones: whether any note is off its pitch.
        has_pedal: whether the sustain pedal is used.
        values: float32 measures in the order of `MEASURES`, NaN where one is not defined.
        sketch: see `musicgen.corpus.likeness`.
    """

    key: str
    meter: str
    meter_set: bool
    tempo_bpm: float
    programs: tuple[int, ...]
    has_drums: bool
    constant_velocity: bool
    longest_note_seconds: float
    has_microtones: bool
    has_pedal: bool
    values: bytes
    sketch: bytes

    def measures(self) -> np.ndarray[Any, np.dtype[np.float32]]:
        """float32 (measures,)."""
        return np.frombuffer(self.values, "<f4")


@dataclass(frozen=True, slots=True)
class Examined:
    """A file and what was found.

    Attributes:
        name: within the source.
        sha256: of its bytes, in hex; of a file beyond the size limit, of its beginning.
        refusal: why it cannot be used, for people; empty if it can.
        refusal_kind: "unreadable", "empty", "drums only" or "crashed"; empty if it can be used.
        repairs: what had to be put right to read it, by kind.
        notes: read in it, 0 if refused.
        seconds: that it lasts, 0 if refused.
        fingerprint: of its notes; empty if refused.
        facts: None if refused.
    """

    name: str
    sha256: str
    refusal: str = ""
    refusal_kind: str = ""
    repairs: tuple[str, ...] = ()
    notes: int = 0
    seconds: float = 0.0
    fingerprint: str = ""
    facts: Facts | None = None

    def likeness_sketch(self) -> Sketch:
        """uint64 (≤ 32,); empty if refused."""
        return np.frombuffer(self.facts.sketch if self.facts else b"", "<u8")

    def to_json(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        content = asdict(self)
        if self.facts:
            content["facts"]["values"] = self.facts.values.hex()
            content["facts"]["sketch"] = self.facts.sketch.hex()
        return content

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What `to_json` wrote."""
        content = {field.name: data[field.name] for field in fields(cls)}
        facts = content["facts"]
        if facts is not None:
            binary = {name: bytes.fromhex(facts[name]) for name in ("values", "sketch")}
            content["facts"] = Facts(**{**facts, **binary, "programs": tuple(facts["programs"])})
        content["repairs"] = tuple(content["repairs"])
        return cls(**content)


def examine(name: str, data: bytes, limits: MidiLimits) -> Examined:
    """Read a file and find out all there is to know.

    Args:
        name: of the file.
        data: its bytes.
        limits: beyond which it is refused.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        result = read_midi_report(data, limits)
    except MidiError as error:
        return Examined(name, sha256, str(error), "unreadable")
    score = result.score
    repairs = tuple(repair.kind for repair in result.repairs)
    if not any(len(part.notes) and not part.is_drum for part in score.parts):
        kind, what = ("drums only", "only drums") if score.note_count else ("empty", "no notes")
        reason = f"The file holds {what}; there is nothing to learn in it."
        return Examined(name, sha256, reason, kind, repairs)
    return Examined(
        name=name,
        sha256=sha256,
        repairs=repairs,
        notes=score.note_count,
        seconds=score.duration_seconds,
        fingerprint=fingerprint(score),
        facts=_facts(score),
    )


def _facts(score: Score) -> Facts:
    everything = score.all_notes()
    begin, end = score.seconds_at(everything.start_ticks), score.seconds_at(everything.end_ticks)
    statistics = song_statistics(score)
    values = [getattr(statistics, row.name) for row in MEASURES]
    meter = score.time_signatures[0] if score.time_signatures else None
    return Facts(
        # Interned, because a dataset has few keys and meters and many files.
        key=sys.intern(key_estimate(score) or ""),
        meter=sys.intern(f"{meter.numerator}/{meter.denominator}" if meter else "4/4"),
        meter_set=meter is not None,
        tempo_bpm=round(score.tempos[0].tempo_bpm, 3) if score.tempos else 0.0,
        programs=tuple(sorted({part.program for part in score.parts if not part.is_drum})),
        has_drums=any(part.is_drum for part in score.parts),
        constant_velocity=bool(np.ptp(everything.velocity) == 0),
        longest_note_seconds=round(float((end - begin).max()), 3),
        has_microtones=bool(np.any(everything.cents)),
        has_pedal=any(len(part.pedal.values) for part in score.parts),
        values=np.array([math.nan if v is None else v for v in values], "<f4").tobytes(),
        sketch=sketch(steps_of(score)).astype("<u8").tobytes(),
    )
