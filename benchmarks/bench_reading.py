"""Reading speed: `read_midi` with all its checks against bare parsers, same files, one run.

Others are measured where they are installed: symusic to NumPy columns (our own parser without
checks), music21's `converter.parse`, mido, pretty_midi, miditoolkit. Slow ones read a sample.
Times are CPU seconds of one core, the best of some rounds. Without a folder the demo chorales
are read, which takes a minute to make the first time.

    python benchmarks/bench_reading.py [FOLDER] [--files 200] [--slow-files 10] [--out result.json]
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import json
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from musicgen.corpus.chorales import write_chorales
from musicgen.midi import DEFAULT_LIMITS, MidiError, read_midi, read_midi_report

ROUNDS = 3
SLOW = ("music21", "pretty_midi", "miditoolkit", "mido")


def by_musicgen(data: bytes) -> int:
    return read_midi(data).note_count


def by_symusic(data: bytes) -> int:
    import symusic

    score: Any = symusic.Score.from_midi(data)
    return sum(len(track.notes.numpy()["time"]) for track in score.tracks)


def by_music21(data: bytes) -> int:
    from music21 import converter

    with tempfile.NamedTemporaryFile(suffix=".mid") as file:
        file.write(data)
        file.flush()
        parsed: Any = converter.parse(file.name, format="midi", forceSource=True, storePickle=False)
    return sum(len(sounded.pitches) for sounded in parsed.flatten().notes)


def by_mido(data: bytes) -> int:
    import mido

    file = mido.MidiFile(file=io.BytesIO(data))
    return sum(
        message.type == "note_on" and message.velocity > 0 for track in file.tracks for message in track
    )


def by_pretty_midi(data: bytes) -> int:
    import pretty_midi

    return sum(len(instrument.notes) for instrument in pretty_midi.PrettyMIDI(io.BytesIO(data)).instruments)


def by_miditoolkit(data: bytes) -> int:
    import miditoolkit

    return sum(
        len(instrument.notes) for instrument in miditoolkit.MidiFile(file=io.BytesIO(data)).instruments
    )


READERS: dict[str, Callable[[bytes], int]] = {
    "musicgen": by_musicgen,
    "symusic": by_symusic,
    "music21": by_music21,
    "mido": by_mido,
    "pretty_midi": by_pretty_midi,
    "miditoolkit": by_miditoolkit,
}


def readable(folder: Path, count: int) -> list[bytes]:
    """Some files that every reader here can read, the same for the same folder."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".mid", ".midi", ".kar"))
    random.Random(1).shuffle(paths)
    found: list[bytes] = []
    for path in paths:
        data = path.read_bytes()
        try:
            by_symusic(data)
            if read_midi(data).note_count and len(found) < count:
                found.append(data)
        except (MidiError, RuntimeError, ValueError):
            continue
    return found


def seconds_of(reader: Callable[[bytes], int], files: Sequence[bytes], rounds: int) -> float:
    reader(files[0])
    times = []
    for _ in range(rounds):
        began = time.process_time()
        for data in files:
            reader(data)
        times.append(time.process_time() - began)
    return min(times)


def measured(folder: Path, files: int, slow_files: int) -> dict[str, Any]:
    data = readable(folder, files)
    notes = {"all": sum(map(by_musicgen, data)), "some": sum(map(by_musicgen, data[:slow_files]))}
    shares = [read_midi_report(each, DEFAULT_LIMITS).reader for each in data]
    ours = {
        name: seconds_of(by_musicgen, part, ROUNDS)
        for name, part in (("all", data), ("some", data[:slow_files]))
    }
    results: dict[str, Any] = {}
    for name, reader in READERS.items():
        if name != "musicgen" and importlib.util.find_spec(name) is None:
            continue
        is_slow = name in SLOW
        seconds = seconds_of(reader, data[:slow_files] if is_slow else data, 1 if is_slow else ROUNDS)
        read = "some" if is_slow else "all"
        results[name] = {
            "version": version(name),
            "notes_per_second": round(notes[read] / seconds),
            # On the same files: how long a piece is makes much of the difference.
            "musicgen_is_times_as_fast": round(seconds / ours[read], 3),
        }
    return {
        "files": len(data),
        "notes": notes["all"],
        "read_by_our_own_reader": round(shares.count("own") / len(shares), 4),
        "readers": results,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="of MIDI files; the demo chorales if left out")
    parser.add_argument("--files", type=int, default=200, help="that are read")
    parser.add_argument("--slow-files", type=int, default=10, help="of them that slow readers read")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    given = parser.parse_args()
    if given.folder is None:
        given.folder = Path("var", "chorales")
        write_chorales(given.folder)
    result = measured(given.folder, given.files, given.slow_files)
    print(json.dumps(result, indent=1))
    if given.out:
        given.out.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
