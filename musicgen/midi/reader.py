"""MIDI bytes → Score: by symusic's parser where it tells everything, else by our careful reader.

Keeps notes (a note of length 0 becomes 1 tick), pitch bend as cents, the sustain pedal, tempi,
time and key signatures, names, programs, banks and which parts are drums. A part is what one
channel of one track plays with one program; what such a channel's controllers say holds for its
notes in every track. Leaves out: parts without notes, time and key signatures that are none
(0/4), other controllers, lyrics.
"""

from __future__ import annotations

from operator import itemgetter
from pathlib import Path
from typing import Final

from musicgen.midi.careful import read_carefully
from musicgen.midi.chunks import read_chunks
from musicgen.midi.counting import check_event_count
from musicgen.midi.errors import MidiLimitError
from musicgen.midi.limits import DEFAULT_LIMITS, MidiLimits
from musicgen.midi.quick import read_quickly
from musicgen.midi.repairs import ReadResult
from musicgen.score import DEFAULT_TEMPO_BPM, Score

_BPM: Final = itemgetter(1)


def read_midi(source: bytes | Path, limits: MidiLimits = DEFAULT_LIMITS) -> Score:
    """The score of a MIDI file; see `read_midi_report`."""
    return read_midi_report(source, limits).score


def read_midi_report(source: bytes | Path, limits: MidiLimits = DEFAULT_LIMITS) -> ReadResult:
    """The score of a Standard MIDI File or RIFF RMID file, and what had to be put right in it.

    Args:
        source: the file's bytes, or where it lies.
        limits: beyond which the file is refused.

    Raises:
        MidiError: not MIDI, damaged beyond repair, or over a limit; see the subclasses.
        OSError: the file cannot be opened.
    """
    chunks = read_chunks(_bytes_of(source, limits), limits)
    check_event_count(chunks, limits)
    quick = read_quickly(chunks, limits)
    if quick is not None:
        score, end = quick
        result = ReadResult(score, chunks.repairs, "symusic")
    else:
        score, end, repairs = read_carefully(chunks, limits)
        result = ReadResult(score, chunks.repairs + repairs, "own")
    _check_length(score, end, limits)
    return result


def _check_length(score: Score, end: int, limits: MidiLimits) -> None:
    slowest_bpm = min(score.tempos, key=_BPM)[1] if score.tempos else DEFAULT_TEMPO_BPM
    quarters = end / score.ticks_per_quarter
    if 60 * quarters / min(slowest_bpm, DEFAULT_TEMPO_BPM) <= limits.max_seconds:
        return  # the exact time costs much more where there are many tempi
    seconds = float(score.seconds_at(end))
    if seconds > limits.max_seconds:
        raise MidiLimitError(
            f"The file lasts {seconds:,.1f} seconds, at most {limits.max_seconds:,.1f} are read; "
            "split it, or cut the silence at its end."
        )


def _bytes_of(source: bytes | Path, limits: MidiLimits) -> bytes:
    if isinstance(source, bytes):
        return source
    with source.open("rb") as file:
        return file.read(limits.max_bytes + 1)  # one more than allowed is enough to refuse
