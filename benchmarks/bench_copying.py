"""Copying: how long an index over millions of notes takes to make, and a song to be compared with it.

The music is made up: pieces of about 1,000 notes, steps as unequal in number as in real music,
phrases that come back in a piece and, now and then, in others. A song is new
but for 100 notes of some piece. The index lies on disk, as the site's does, and most likely in the
system's cache. Seed 1.

    python benchmarks/bench_copying.py [--notes 10000000] [--songs 20] [--out result.json]
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from musicgen.statistics import CopyIndex, Steps

SEED = 1
PIECE_NOTES = 1000
KINDS = 600  # of steps; the commonest makes up a tenth
PHRASE = 60  # steps; each comes twice in a piece
LENT = 0.02  # share of phrases that are another piece's
COPIED = 100  # steps of a song that are a piece's


def made_up(notes: int, rng: np.random.Generator) -> list[tuple[str, Steps]]:
    weights = 1 / np.arange(1, KINDS + 1)
    weights /= weights.sum()
    kinds = rng.permutation(2**14)[:KINDS].astype(np.uint16)
    known = kinds[rng.choice(KINDS, PHRASE, p=weights)]
    pieces = []
    for number in range(notes // PIECE_NOTES):
        phrases: list[npt.NDArray[np.uint16]] = []
        while len(phrases) * PHRASE < PIECE_NOTES:
            new = known if rng.random() < LENT else kinds[rng.choice(KINDS, PHRASE, p=weights)]
            phrases += [new, new]
        if rng.random() < LENT:
            known = phrases[0]
        pieces.append((f"piece {number}", steps(np.concatenate(phrases)[: PIECE_NOTES - 1])))
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


def measured(notes: int, songs: int) -> dict[str, Any]:
    rng = np.random.default_rng(SEED)
    pieces = made_up(notes, rng)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    built = CopyIndex.of(pieces)
    build_seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fresh = [one for _, one in made_up(songs * PIECE_NOTES, rng)]
    seconds, runs = [], []
    with tempfile.TemporaryDirectory() as folder:
        index = on_disk(built, Path(folder))
        for one in fresh:
            _, copied = pieces[int(rng.integers(len(pieces)))]
            song = steps(np.concatenate([one.codes[:400], copied.codes[:COPIED], one.codes[400:]]))
            began = time.perf_counter()
            report = index.report_of(song)
            seconds.append(time.perf_counter() - began)
            runs.append(report.passage.notes if report.passage else 0)
        megabytes = sum(path.stat().st_size for path in Path(folder).iterdir()) / 1e6
    if min(runs) <= COPIED:
        raise SystemExit(f"A copied passage was not found: the longest runs are {runs}.")
    return {
        "seed": SEED,
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
    parser.add_argument("--notes", type=int, default=10_000_000, help="in the index")
    parser.add_argument("--songs", type=int, default=20, help="that are compared")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    given = parser.parse_args()
    result = measured(given.notes, given.songs)
    print(json.dumps(result, indent=1))
    if given.out:
        given.out.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
