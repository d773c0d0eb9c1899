"""Preparing: our `prepare` on all cores against MidiTok's `tokenize_dataset`, same files, one run.

Ours reads and checks every file, finds duplicates, takes statistics, splits, builds a vocabulary,
encodes and packs; MidiTok reads, encodes (REMI) and writes a JSON file a piece. MidiTok is needed
here alone and is no dependency: without it our side is measured and what is missing is said. It
goes into an environment where musicgen is, ours or one more:

    uv pip install miditok==3.1.0

Both sides have as many processes as there are cores. Where more files are asked for than there
are, real ones are varied until they count as other pieces: moved to another key and tempo, a third
of their notes moved by a few semitones. With `--notes` only a passage of so many notes is taken of
each, so that as many files as Lakh has can be prepared on a small machine. With `--keep` what is made
and examined stays, and a run that was cut goes on with the same command; `--ours` leaves MidiTok out.
Each representation that is asked for is prepared from the beginning; MidiTok stands beside events.

    python benchmarks/bench_preparing.py [--data FOLDER] [--files 350] [--notes 60] [--keep FOLDER] [--ours]
        [--representations events chords tones] [--out result.json]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import random
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from musicgen.corpus.chorales import write_chorales
from musicgen.corpus.encoding_task import REPRESENTATIONS
from musicgen.corpus.prepare import prepare
from musicgen.midi import MidiError, read_midi, write_midi
from musicgen.score import Notes, Part, Score, TempoChange

SUFFIXES = (".mid", ".midi")
MOVED = 0.3  # share of a varied piece's notes that are moved
FARTHEST = 4  # semitones that they are moved by at most
PASSAGES_OF = 400  # pieces that passages are taken from


def gathered(source: Path, folder: Path, count: int, notes: int | None = None) -> None:
    """So many files in a folder, the same for the same source; real ones first, or passages alone."""
    paths = sorted(path for path in source.rglob("*") if path.suffix.lower() in SUFFIXES)
    random.Random(1).shuffle(paths)
    # The last one that is there may be cut.
    made = max(sum(1 for _ in folder.rglob("*.mid")) - 1, 0)
    scores = _readable(paths[:PASSAGES_OF]) if notes else []
    for number in range(made, count):
        target = folder / f"{number // 1000:03}" / f"{number:06}.mid"
        target.parent.mkdir(parents=True, exist_ok=True)
        if notes:
            target.write_bytes(write_midi(varied(passage(scores, number, notes), number)))
            continue
        data = paths[number % len(paths)].read_bytes()
        if number >= len(paths):
            with suppress(MidiError):  # what cannot be read stays as it is: a real dataset has such too
                data = write_midi(varied(read_midi(data), number))
        target.write_bytes(data)


def _readable(paths: Sequence[Path]) -> list[Score]:
    scores = []
    for path in paths:
        with suppress(MidiError):
            scores.append(read_midi(path))
    return [score for score in scores if score.note_count]


def passage(scores: Sequence[Score], seed: int, notes: int) -> Score:
    """About so many notes of one of some pieces, from anywhere in it."""
    rng = np.random.default_rng([seed, notes])
    score = scores[rng.integers(len(scores))]
    begins = np.sort(np.concatenate([part.notes.start_ticks for part in score.parts]))
    first = int(rng.integers(max(len(begins) - notes, 0) + 1))
    start, end = int(begins[first]), int(begins[min(first + notes, len(begins)) - 1])
    parts = tuple(
        Part(_between(part.notes, start, end), part.name, part.program, part.is_drum) for part in score.parts
    )
    return Score(
        parts=tuple(part for part in parts if len(part.notes)),
        tempos=score.tempos[:1],
        time_signatures=score.time_signatures[:1],
        ticks_per_quarter=score.ticks_per_quarter,
    )


def _between(notes: Notes, start: int, end: int) -> Notes:
    at = (notes.start_ticks >= start) & (notes.start_ticks <= end)
    columns = (notes.pitch[at], notes.duration_ticks[at], notes.velocity[at], notes.cents[at])
    return Notes(notes.start_ticks[at] - start, *columns)


def varied(score: Score, seed: int) -> Score:
    """A piece that is another one, but as long and as dense."""
    rng = np.random.default_rng(seed)
    shift = int(rng.integers(-5, 7))
    tempo = float(rng.uniform(0.8, 1.25))
    return replace(
        score,
        parts=tuple(part if part.is_drum else _varied(part, shift, rng) for part in score.parts),
        tempos=tuple(
            TempoChange(change.start_ticks, 60e6 / round(60e6 / (change.tempo_bpm * tempo)))
            for change in score.tempos
        ),
    )


def _varied(part: Part, shift: int, rng: np.random.Generator) -> Part:
    notes = part.notes
    steps = rng.integers(-FARTHEST, FARTHEST + 1, len(notes)) * (rng.random(len(notes)) < MOVED)
    pitch = np.clip(notes.pitch + shift + steps, 0, 127)
    return replace(
        part, notes=Notes(notes.start_ticks, pitch, notes.duration_ticks, notes.velocity, notes.cents)
    )


def _cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def by_musicgen(
    folder: Path, out: Path, representation: str, processes: int, work: Path | None
) -> dict[str, Any]:
    before, began = _cpu_seconds(), time.perf_counter()
    report = prepare(
        folder, out, representation=representation, processes=processes, work=work, on_progress=_told
    )
    seconds, cpu = time.perf_counter() - began, _cpu_seconds() - before
    notes = sum(file.notes for file in report.files if file.verdict == "taken")
    return {
        **_speeds(len(report.files), notes, seconds, cpu),
        "taken": report.count("taken"),
        "duplicates": report.count("duplicate"),
        "refused": report.count("refused"),
        "peak_mebibytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,  # without workers
    }


def _told(done: int, total: int) -> None:
    if done % 10_000 == 0:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"{done:,} of {total:,} steps, {peak} MiB", file=sys.stderr, flush=True)


def by_miditok(paths: Sequence[Path], out: Path, processes: int) -> dict[str, Any]:
    from miditok import REMI

    before, began = _cpu_seconds(), time.perf_counter()
    REMI().tokenize_dataset(list(paths), out, verbose=False, parallel_workers_size=processes)
    seconds, cpu = time.perf_counter() - began, _cpu_seconds() - before
    written = {path.relative_to(out).with_suffix("") for path in out.rglob("*.json")}
    root = Path(os.path.commonpath(paths))
    notes = 0
    for path in paths:
        if path.relative_to(root).with_suffix("") in written:
            notes += read_midi(path).note_count
    return {"version": version("miditok"), **_speeds(len(paths), notes, seconds, cpu), "taken": len(written)}


def _speeds(files: int, notes: int, seconds: float, cpu_seconds: float) -> dict[str, Any]:
    return {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu_seconds, 2),
        "files_per_second": round(files / seconds, 1),
        "notes_of_taken_files_per_second": round(notes / seconds),
        "cpu_milliseconds_a_file": round(1000 * cpu_seconds / files, 3),
    }


def measured(
    folder: Path, scratch: Path, representations: Sequence[str], *, work: Path | None, only_ours: bool
) -> dict[str, Any]:
    processes = os.cpu_count() or 1
    paths = sorted(folder.rglob("*.mid"))
    result: dict[str, Any] = {"files": len(paths), "processes": processes}
    result["musicgen"] = {
        name: by_musicgen(folder, scratch / name, name, processes, work) for name in representations
    }
    if only_ours or "events" not in representations:
        return result
    if importlib.util.find_spec("miditok") is None:
        return {**result, "missing": "miditok (see the head of this file)"}
    result["miditok"] = by_miditok(paths, scratch / "tokens", processes)
    ours, theirs = result["musicgen"]["events"], result["miditok"]
    result["musicgen_is_times_as_fast"] = {
        "files": round(ours["files_per_second"] / theirs["files_per_second"], 2),
        "cpu": round(theirs["cpu_seconds"] / ours["cpu_seconds"], 2),
    }
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, help="a folder of MIDI files; the demo chorales if left out")
    parser.add_argument("--files", type=int, default=350, help="that are prepared")
    parser.add_argument("--notes", type=int, help="take only passages of about so many")
    parser.add_argument("--keep", type=Path, help="where the files are gathered, kept for another run")
    parser.add_argument("--representations", nargs="+", choices=REPRESENTATIONS, default=["events"])
    parser.add_argument("--ours", action="store_true", help="leave MidiTok out")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    given = parser.parse_args()
    if given.data is None:
        given.data = Path("var", "chorales")
        write_chorales(given.data)
    scratch = Path(tempfile.mkdtemp())
    try:
        folder = given.keep or scratch / "files"
        gathered(given.data, folder, given.files, given.notes)
        work = given.keep and given.keep.with_name(f"{given.keep.name}.work")
        result = measured(folder, scratch, given.representations, work=work, only_ours=given.ours)
    finally:
        shutil.rmtree(scratch)
    print(json.dumps(result, indent=1))
    if given.out:
        given.out.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
