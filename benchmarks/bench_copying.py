"""Copying: how long an index over millions of notes takes to make, and a song to be compared with it.

The music is put together from scraps of real pieces of 8 to 40 steps, so that the same figures come
back far more often than in as many real notes, which is the hard case: random steps would all be
different after a few. A song is made alike and holds 100 steps of some piece. The index lies on
disk, as the site's does, and most likely in the system's cache. Seed 1.

    python benchmarks/bench_copying.py [--data FOLDER] [--notes 10000000] [--songs 20] [--out result.json]
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from musicgen.corpus.chorales import write_chorales
from musicgen.midi import MidiError, read_midi
from musicgen.statistics import CopyIndex, Steps, steps_of

SEED = 1
PIECE_NOTES = 1000
SHORTEST, LONGEST = 8, 40  # steps of a scrap
MATERIAL_FILES = 1000  # real pieces that scraps are taken from, at most
COPIED = 100  # steps of a song that are a piece's


def material(folder: Path) -> npt.NDArray[np.uint16]:
    """The steps of real pieces one after the other; the same for the same folder."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".mid", ".midi"))
    random.Random(SEED).shuffle(paths)
    found = []
    for path in paths[:MATERIAL_FILES]:
        with suppress(MidiError):
            found.append(steps_of(read_midi(path)).codes)
    return np.concatenate(found)


def made_up(notes: int, real: npt.NDArray[np.uint16], rng: np.random.Generator) -> list[tuple[str, Steps]]:
    pieces = []
    for number in range(notes // PIECE_NOTES):
        lengths = rng.integers(SHORTEST, LONGEST + 1, PIECE_NOTES // SHORTEST)
        starts = rng.integers(0, len(real) - LONGEST, len(lengths))
        scraps = [real[start : start + length] for start, length in zip(starts, lengths, strict=True)]
        pieces.append((f"piece {number}", steps(np.concatenate(scraps)[: PIECE_NOTES - 1])))
    return pieces


def steps(codes: npt.NDArray[np.uint16]) -> Steps:
    return Steps(codes, np.arange(len(codes) + 1, dtype=np.float32) / 8)


def on_disk(index: CopyIndex, folder: Path) -> CopyIndex:
    """The same index read from disk where it is needed."""
    arrays = {}
    for name in ("text", "order", "bars", "offsets"):
        np.save(folder / f"{name}.npy", getattr(index, name))
        arrays[name] = np.load(folder / f"{name}.npy", mmap_mode="r")
    return CopyIndex(index.names, **arrays)


def measured(folder: Path, notes: int, songs: int) -> dict[str, Any]:
    rng = np.random.default_rng(SEED)
    real = material(folder)
    pieces = made_up(notes, real, rng)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    built = CopyIndex.of(pieces)
    build_seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fresh = [one for _, one in made_up(songs * PIECE_NOTES, real, rng)]
    seconds, runs = [], []
    with tempfile.TemporaryDirectory() as scratch:
        index = on_disk(built, Path(scratch))
        for one in fresh:
            _, copied = pieces[int(rng.integers(len(pieces)))]
            song = steps(np.concatenate([one.codes[:400], copied.codes[:COPIED], one.codes[400:]]))
            began = time.perf_counter()
            report = index.report_of(song)
            seconds.append(time.perf_counter() - began)
            runs.append(report.passage.notes if report.passage else 0)
        megabytes = sum(path.stat().st_size for path in Path(scratch).iterdir()) / 1e6
    if min(runs) <= COPIED:
        raise SystemExit(f"A copied passage was not found: the longest runs are {runs}.")
    return {
        "seed": SEED,
        "real_notes": len(real),
        "notes": int(built.offsets[-1]),
        "pieces": len(pieces),
        "build_seconds": round(build_seconds, 1),
        "build_mebibytes_more_than_before": (peak - before) // 1024,
        "index_megabytes": round(megabytes),
        "songs": len(seconds),
        "song_notes": PIECE_NOTES + COPIED,
        "query_seconds_median": round(statistics.median(seconds), 4),
        "query_seconds_longest": round(max(seconds), 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, help="a folder of MIDI files; the demo chorales if left out")
    parser.add_argument("--notes", type=int, default=10_000_000, help="in the index")
    parser.add_argument("--songs", type=int, default=20, help="that are compared")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    given = parser.parse_args()
    if given.data is None:
        given.data = Path("var", "chorales")
        write_chorales(given.data)
    result = measured(given.data, given.notes, given.songs)
    print(json.dumps(result, indent=1))
    if given.out:
        given.out.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
