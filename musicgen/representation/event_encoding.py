"""Score → MidiTok's token strings. The one module that MidiTok is used in, and only when called.

What they cannot say, cents, pedals and glides, is put in by `event_voices`.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

import numpy as np

from musicgen.representation.errors import RepresentationError
from musicgen.representation.event_grammar import POSITIONS_PER_BEAT
from musicgen.representation.event_voices import MAX_VOICES, Voice, retold
from musicgen.score import Notes, Score

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


def miditok_tokens(
    score: Score, voices: Mapping[Voice, Notes], kind: str, settings: Mapping[str, Any]
) -> list[str]:
    """The tokens of a score, up to the end of its last note.

    Args:
        score: gives tempi, meters and resolution.
        voices: its notes.
        kind: of tokens.
        settings: what MidiTok is told.

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
    tracks, told = _numbered(voices)
    converted = _converted(score, tracks)
    tokens = list(retold(_tokenizer(kind, json.dumps(settings)).encode(converted).tokens, told))
    last = max((place for place, token in enumerate(tokens) if token.startswith("Duration_")), default=-1)
    if last < 0:
        raise RepresentationError("MidiTok finds no notes in this score.")
    return tokens[: last + 1]


def _numbered(voices: Mapping[Voice, Notes]) -> tuple[list[tuple[bool, int, Notes]], list[Voice | None]]:
    """Drums?, program and notes of each voice; and the voice that each program stands for."""
    told: list[Voice | None] = [None] * MAX_VOICES
    if not any(voice.cents or voice.is_pedal or voice.is_wheel for voice in voices):
        return [(voice.is_drum, voice.program, notes) for voice, notes in voices.items()], told
    tracks = []
    number = 0
    for voice, notes in voices.items():
        tracks.append((voice.is_drum, 0 if voice.is_drum else number, notes))
        if not voice.is_drum:
            told[number] = voice
            number += 1
    return tracks, told


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


def _converted(score: Score, tracks: Sequence[tuple[bool, int, Notes]]) -> Any:
    """The score as symusic's, with one track a program."""
    import symusic

    converted: Any = symusic.Score(score.ticks_per_quarter)
    for is_drum, program, notes in tracks:
        track: Any = symusic.Track(program=program, is_drum=is_drum)
        track.notes = _notes(notes)
        converted.tracks.append(track)
    for tempo in score.tempos:
        converted.tempos.append(symusic.Tempo(tempo.start_ticks, tempo.tempo_bpm))
    for start, numerator, denominator in _meters(score):
        converted.time_signatures.append(symusic.TimeSignature(start, numerator, denominator))
    return converted


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
