"""Mutated files: none may fail without a reason, hang, or take much memory.

Real files are cut, shuffled, bent in single bits, told wrong lengths, and glued to others; each is
read as an import would read it, by a process of its own that is guarded, and what is read is
written again. Printed: how many were read, repaired and refused (by kind of error), which could not
be written (MIDI says less than a score may hold), errors that are not ours, processes that died, and
the slowest file. The demo chorales are mutated without a
folder. Another seed makes other files.

    python benchmarks/bench_torture.py [FOLDER ...] [--files 20000] [--seed 1] [--out result.json]
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import struct
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from musicgen.corpus.chorales import write_chorales
from musicgen.corpus.workforce import Failure, worked
from musicgen.midi import MidiError, MidiWriteError, read_midi_report, write_midi

SLOW_SECONDS = 2.0  # nothing may take so long
LARGEST = 20_000  # bytes of a file to mutate: larger ones only make it slower
NASTY = (0x00, 0x2F, 0x51, 0x58, 0x7F, 0x80, 0x90, 0xB0, 0xC0, 0xE0, 0xF0, 0xF7, 0xFF)


class Mutant(NamedTuple):
    """A file to read, and its number."""

    number: int
    data: bytes


class Outcome(NamedTuple):
    """What became of a file; the peak is that of its reader so far."""

    kind: str
    cpu_seconds: float
    peak_mebibytes: int


def mutants(originals: Sequence[bytes], count: int, seed: int) -> Iterator[Mutant]:
    """So many files, each with one to eight accidents; the same for the same seed."""
    for number in range(count):
        rng = random.Random(f"{seed} {number}")
        data = bytearray(rng.choice(originals))
        for _ in range(rng.choice((1, 1, 1, 2, 4, 8))):
            _accident(data, originals, rng)
        yield Mutant(number, bytes(data))


def _accident(data: bytearray, originals: Sequence[bytes], rng: random.Random) -> None:
    place = rng.randrange(len(data)) if data else 0
    kind = rng.randrange(9)
    if kind == 0:
        data[place : place + 1] = bytes((rng.choice(NASTY),))
    elif kind == 1 and data:
        data[place] ^= 1 << rng.randrange(8)
    elif kind == 2:
        del data[place : place + rng.choice((1, 2, 3, 50))]
    elif kind == 3:
        data[place:place] = rng.randbytes(rng.choice((1, 2, 3, 50)))
    elif kind == 4:
        del data[place:]
    elif kind == 5:
        data[place:place] = data[place : place + rng.randrange(200)] * rng.choice((1, 2, 30))
    elif kind == 6:
        track = data.find(b"MTrk", place)
        if track >= 0:
            data[track + 4 : track + 8] = struct.pack(">I", rng.choice((0, 7, len(data), 2**31, 2**32 - 1)))
    elif kind == 7 and len(data) >= 14:
        data[8:14] = struct.pack(">HHH", rng.choice((0, 1, 2, 9)), rng.randrange(70), rng.choice(_DIVISIONS))
    else:
        other = rng.choice(originals)
        start = rng.randrange(len(other))
        data[place : place + 100] = other[start : start + rng.randrange(400)]


_DIVISIONS = (0, 1, 24, 480, 32767, 0xE728, 0xE250, 0x8000)


def outcome(mutant: Mutant) -> Outcome:
    """What a worker says of a file."""
    began = time.process_time()
    try:
        result = read_midi_report(mutant.data)
        kind = "repaired" if result.repairs else "read"
        write_midi(result.score)
    except MidiWriteError as error:
        kind = f"not writable: {error}"
    except MidiError as error:
        kind = f"refused: {type(error).__name__}"
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  # which ones there are is what is asked
        kind = f"untyped error: {error!r}"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Outcome(kind, time.process_time() - began, peak)


def measured(originals: Sequence[bytes], count: int, seed: int) -> dict[str, Any]:
    kinds: Counter[str] = Counter()
    slowest, peak = (0.0, -1), 0
    examples: dict[str, int] = {}
    began = time.perf_counter()
    for mutant, found in worked(outcome, mutants(originals, count, seed), 2):
        kind = f"killed its reader: {found.reason}" if isinstance(found, Failure) else found.kind
        kinds[kind] += 1
        if kind.startswith(("killed", "untyped", "not writable")):
            examples.setdefault(kind, mutant.number)
        if kinds.total() % 5000 == 0:
            print(
                f"{kinds.total():,} of {count:,}: {dict(kinds)}, slowest {slowest[0]:.3f} s", file=sys.stderr
            )
        if isinstance(found, Outcome):
            slowest = max(slowest, (found.cpu_seconds, mutant.number))
            peak = max(peak, found.peak_mebibytes)
    return {
        "files": count,
        "mutated_from": len(originals),
        "seed": seed,
        "outcomes": dict(kinds.most_common()),
        "first_of_each_fault": examples,
        "faults": sum(number for kind, number in kinds.items() if kind.startswith(("killed", "untyped"))),
        "slowest_cpu_seconds": round(slowest[0], 3),
        "slowest_file": slowest[1],
        "peak_mebibytes_of_a_reader": peak,
        "seconds": round(time.perf_counter() - began, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="*", help="of MIDI files; the demo chorales if left out")
    parser.add_argument("--files", type=int, default=20_000, help="that are made and read")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    given = parser.parse_args()
    if not given.folders:
        given.folders = [Path("var", "chorales")]
        write_chorales(given.folders[0])
    paths = sorted(path for folder in given.folders for path in folder.rglob("*") if path.is_file())
    data = [path.read_bytes() for path in paths if path.suffix.lower() in (".mid", ".midi", ".kar")]
    originals = [each for each in data if 14 < len(each) <= LARGEST]
    result = measured(originals, given.files, given.seed)
    print(json.dumps(result, indent=1))
    if given.out:
        given.out.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    if result["faults"] or result["slowest_cpu_seconds"] > SLOW_SECONDS:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
