"""Statistics: all our measures of a song against MusPy's of those that both have, same files, one run.

MusPy is needed here alone and is no dependency: without it our side is measured and what is
missing is said. It goes into an environment where musicgen is, ours or one more:

    uv pip install muspy==0.5.0

Times are CPU seconds of one core for pieces that are read already, the best of some rounds: of
the nine measures that both have on either side, and of all of ours together. Values differ where
definitions do: MusPy's scales are major and natural minor ones, its groove is compared tick by
tick, ours at 16 places in a bar, and its shares of the time count silence at the beginning.

    python benchmarks/bench_statistics.py [FOLDER] [--files 60] [--out result.json]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from musicgen.corpus.chorales import write_chorales
from musicgen.midi import MidiError, read_midi
from musicgen.score import DEFAULT_METER, Score
from musicgen.statistics import MEASURES, pitch, rhythm, song_statistics, texture
from musicgen.statistics.notes import NoteTable

ROUNDS = 3
SHARED = {  # of ours: the metric of MusPy, and by what its values are multiplied to be ours
    "unique_tones": ("n_pitches_used", 1),
    "tone_span": ("pitch_range", 1),
    "pitch_class_entropy": ("pitch_class_entropy", 1),
    "scale_consistency": ("scale_consistency", 100),
    "average_polyphony": ("polyphony", 1),
    "polyphony_rate": ("polyphony_rate", 100),
    "empty_beat_rate": ("empty_beat_rate", 100),
    "groove_consistency": ("groove_consistency", 100),
    "empty_bars": ("empty_measure_rate", 100),
}
PITCHED = (
    pitch.unique_tones,
    pitch.tone_span,
    pitch.pitch_class_entropy,
    pitch.scale_consistency,
    texture.average_polyphony,
    texture.polyphony_rate,
)
TIMED = (rhythm.empty_beat_rate, rhythm.groove_consistency, rhythm.empty_bars)
BY_MEASURE = ("groove_consistency", "empty_measure_rate")  # metrics that ask for a bar's length
CLOSE = 0.01  # of the value: so near two values count as the same


def bar_ticks(score: Score) -> int:
    """The length of a first bar, which is what MusPy takes for all."""
    meter = score.time_signatures[0] if score.time_signatures else None
    numerator, denominator = (meter.numerator, meter.denominator) if meter else DEFAULT_METER
    return max(4 * score.ticks_per_quarter * numerator // denominator, 1)


def our_measures(score: Score) -> list[float | None]:
    """The shared measures alone, as `song_statistics` takes them."""
    everything = NoteTable(score, drums=True)
    found = [function(everything) for function in TIMED]
    pitched = NoteTable(score, drums=False)
    if len(pitched):
        found += [function(pitched) for function in PITCHED]
    return found


def muspy_measures(music: Any, measure_ticks: int) -> dict[str, float]:
    """The shared measures by our names, in our units."""
    import muspy

    found = {}
    for name, (metric, factor) in SHARED.items():
        more = (measure_ticks,) if metric in BY_MEASURE else ()
        # With 1, "more than one pitch": ours; MusPy's own value asks for more than two.
        more = (1,) if metric == "polyphony_rate" else more
        found[name] = factor * float(getattr(muspy, metric)(music, *more))
    return found


def readable(folder: Path, count: int, *, for_muspy: bool) -> list[tuple[Score, Any]]:
    """Some pieces as both sides hold them, the same for the same folder; no MusPy: None."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".mid", ".midi"))
    random.Random(1).shuffle(paths)
    found: list[tuple[Score, Any]] = []
    for path in paths:
        if len(found) == count:
            break
        try:
            score = read_midi(path)
            music = _music(path) if for_muspy else None
        except (MidiError, OSError, ValueError, KeyError, IndexError, EOFError):
            continue  # MusPy's own reader gives up in several ways
        if score.note_count:
            found.append((score, music))
    return found


def _music(path: Path) -> Any:
    import muspy

    return muspy.read_midi(path)


def seconds_of(measured: Callable[..., Any], pieces: Sequence[tuple[Any, ...]], rounds: int) -> float:
    measured(*pieces[0])
    times = []
    for _ in range(rounds):
        began = time.process_time()
        for piece in pieces:
            measured(*piece)
        times.append(time.process_time() - began)
    return min(times)


def agreement(pieces: Sequence[tuple[Score, Any]]) -> dict[str, float]:
    """For each shared measure the share of pieces on which both sides say nearly the same."""
    same = dict.fromkeys(SHARED, 0)
    for score, music in pieces:
        ours, theirs = song_statistics(score).to_json(), muspy_measures(music, bar_ticks(score))
        for name in SHARED:
            value = ours[name]
            # Ours is not defined where theirs is not a number.
            if value is None:
                same[name] += theirs[name] != theirs[name]
            else:
                same[name] += abs(value - theirs[name]) <= CLOSE * max(abs(value), 1)
    return {name: round(count / len(pieces), 3) for name, count in same.items()}


def measured(folder: Path, files: int) -> dict[str, Any]:
    has_muspy = importlib.util.find_spec("muspy") is not None
    pieces = readable(folder, files, for_muspy=has_muspy)
    notes = sum(score.note_count for score, _ in pieces)
    scores = [(score,) for score, _ in pieces]
    everything = seconds_of(song_statistics, scores, ROUNDS)
    shared = seconds_of(our_measures, scores, ROUNDS)
    result: dict[str, Any] = {
        "files": len(pieces),
        "notes": notes,
        "milliseconds_a_file": {
            f"musicgen, the {len(SHARED)} shared measures": round(1000 * shared / len(pieces), 3),
            f"musicgen, all {len(MEASURES)} measures": round(1000 * everything / len(pieces), 3),
        },
    }
    if not has_muspy:
        return {**result, "missing": "muspy (see the head of this file)"}
    theirs = seconds_of(muspy_measures, [(music, bar_ticks(score)) for score, music in pieces], 1)
    theirs_named = f"MusPy {version('muspy')}, the {len(SHARED)} shared measures"
    result["milliseconds_a_file"][theirs_named] = round(1000 * theirs / len(pieces), 3)
    result["ratio"] = {
        "shared to shared": round(theirs / shared, 1),
        "its shared to all of ours": round(theirs / everything, 1),
    }
    return {**result, "same_value_share": agreement(pieces)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="of MIDI files; the demo chorales if left out")
    parser.add_argument("--files", type=int, default=60, help="that are measured")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    given = parser.parse_args()
    if given.folder is None:
        given.folder = Path("var", "chorales")
        write_chorales(given.folder)
    result = measured(given.folder, given.files)
    print(json.dumps(result, indent=1))
    if given.out:
        given.out.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
