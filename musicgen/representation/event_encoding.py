"""Score → MidiTok's token strings. The one module that MidiTok is used in, and only when called."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import numpy as np

from musicgen.representation.errors import RepresentationError
from musicgen.representation.event_grammar import POSITIONS_PER_BEAT
from musicgen.score import Notes, Part, Score

KINDS: Final = ("remi", "tsd")
MAX_QUARTERS: Final = 40_000  # an hour at 667 quarter notes a minute; bars are counted out one by one
# Everything that MidiTok is told; written into the vocabulary. Beats from, to, and steps in each.
SETTINGS: Final[Mapping[str, Any]] = {
    "pitch_range": [0, 127],
    "drums_pitch_range": [0, 127],
    "beat_res": [[0, 2, POSITIONS_PER_BEAT], [2, 4, 12], [4, 12, 4], [12, 32, 1]],
    "num_velocities": 32,
    "num_tempos": 37,  # 12 an octave, so that 60 and 120 are among them
    "tempo_range": [30, 240],
    # Halves and sixteenths are written as quarters and eighths.
    "time_signature_range": {"4": [1, 2, 3, 4, 5, 6, 7, 8], "8": [3, 5, 6, 7, 9, 12]},
}


def base_tokens(kind: str, settings: Mapping[str, Any] = SETTINGS) -> list[str]:
    """MidiTok's tokens in its order, without the special ones."""
    special = ("PAD", "BOS", "EOS", "MASK")
    vocabulary: Mapping[str, int] = _tokenizer(kind, json.dumps(settings)).vocab
    return [token for token in vocabulary if token.split("_")[0] not in special]


def miditok_tokens(score: Score, kind: str, settings: Mapping[str, Any]) -> list[str]:
    """The tokens of a score, up to the end of its last note.

    Raises:
        RepresentationError: no notes, or far too long.
    """
    if not score.note_count:
        raise RepresentationError("There are no notes in this score.")
    if score.end_ticks > MAX_QUARTERS * score.ticks_per_quarter:
        raise RepresentationError(
            f"The score is {score.end_ticks // score.ticks_per_quarter:,} quarter notes long; events are "
            f"made of up to {MAX_QUARTERS:,}. Cut it into pieces."
        )
    tokens: list[str] = _tokenizer(kind, json.dumps(settings)).encode(_converted(score)).tokens
    last = max((place for place, token in enumerate(tokens) if token.startswith("Duration_")), default=-1)
    if last < 0:
        raise RepresentationError("MidiTok finds no notes in this score.")
    return tokens[: last + 1]


@cache
def _tokenizer(kind: str, settings_json: str) -> Any:
    import miditok  # takes half a second and is needed for encoding alone

    settings = json.loads(settings_json)
    classes = {"remi": miditok.REMI, "tsd": miditok.TSD}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its advice on configurations
        config = miditok.TokenizerConfig(
            pitch_range=tuple(settings["pitch_range"]),
            drums_pitch_range=tuple(settings["drums_pitch_range"]),
            use_pitchdrum_tokens=True,
            beat_res={(low, high): steps for low, high, steps in settings["beat_res"]},
            use_velocities=True,
            num_velocities=settings["num_velocities"],
            use_tempos=True,
            num_tempos=settings["num_tempos"],
            tempo_range=tuple(settings["tempo_range"]),
            log_tempos=True,
            delete_equal_successive_tempo_changes=True,
            # Shifts mean the same time in every meter only where there are none.
            use_time_signatures=kind == "remi",
            time_signature_range={
                int(unit): counts for unit, counts in settings["time_signature_range"].items()
            },
            use_programs=True,
            one_token_stream_for_programs=True,
            program_changes=True,
            use_rests=False,
            use_chords=False,
            use_sustain_pedals=False,
            use_pitch_bends=False,
            remove_duplicated_notes=False,
            special_tokens=["PAD", "BOS", "EOS"],
        )
        tokenizer = classes[kind](config)
    tokenizer._verbose = False  # about meters, of which `_meters` keeps what can be kept
    return tokenizer


def _converted(score: Score) -> Any:
    """The score as symusic's."""
    import symusic

    converted: Any = symusic.Score(score.ticks_per_quarter)
    # One track a program, in one order: what the tokens would make of them anyway.
    for is_drum, program in sorted({_instrument(part) for part in score.parts if len(part.notes)}):
        parts = tuple(part for part in score.parts if _instrument(part) == (is_drum, program))
        track: Any = symusic.Track(program=program, is_drum=is_drum)
        track.notes = _notes(Score(parts).all_notes())
        converted.tracks.append(track)
    for tempo in score.tempos:
        converted.tempos.append(symusic.Tempo(tempo.start_ticks, tempo.tempo_bpm))
    for start, numerator, denominator in _meters(score):
        converted.time_signatures.append(symusic.TimeSignature(start, numerator, denominator))
    return converted


def _instrument(part: Part) -> tuple[bool, int]:
    return part.is_drum, 0 if part.is_drum else part.program


def _notes(notes: Notes) -> Any:
    import symusic

    columns = (notes.start_ticks, notes.duration_ticks, notes.pitch, notes.velocity)
    time, duration, pitch, velocity = (np.array(column, np.int32) for column in columns)
    return symusic.Note.from_numpy(time, duration, pitch.astype(np.int8), velocity.astype(np.int8), "tick")


def _meters(score: Score) -> list[tuple[int, int, int]]:
    """Start, numerator and denominator, so that bars are as long as before where this can be."""
    found = []
    for meter in score.time_signatures:
        numerator, denominator = meter.numerator, meter.denominator
        while denominator < 4:
            numerator, denominator = 2 * numerator, 2 * denominator
        while denominator > 8 and numerator % 2 == 0:
            numerator, denominator = numerator // 2, denominator // 2
        if numerator in SETTINGS["time_signature_range"].get(str(denominator), ()):
            found.append((meter.start_ticks, numerator, denominator))
    return found
