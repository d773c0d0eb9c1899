"""Show what is in a MIDI file: length, parts, tempi and time signatures."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

from musicgen.cli.output import clock, print_json, printable

_CHANGES_SHOWN: Final = 8  # of tempo or meter; JSON gives all


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a MIDI file")
    parser.add_argument("--json", action="store_true", help="print JSON instead of lines")


def run(options: argparse.Namespace) -> int:
    """Read the file and describe it."""
    from musicgen.midi import read_midi_report

    description = _described(read_midi_report(options.file), options.file)
    if options.json:
        print_json(description)
    else:
        _print(description)
    return 0


def _described(result: Any, file: Path) -> dict[str, Any]:
    score = result.score
    return {
        "file": str(file),
        "title": score.title,
        "seconds": round(score.duration_seconds, 3),
        "notes": score.note_count,
        "ticks_per_quarter": score.ticks_per_quarter,
        "parts": [
            {
                "name": part.name,
                "program": part.program,
                "bank": part.bank,
                "is_drum": part.is_drum,
                "notes": len(part.notes),
                "has_pedal": bool(len(part.pedal)),
                "has_cents": bool(part.notes.cents.any()),
                "lowest_pitch": int(part.notes.pitch.min()) if len(part.notes) else None,
                "highest_pitch": int(part.notes.pitch.max()) if len(part.notes) else None,
            }
            for part in score.parts
        ],
        "tempos": [
            {"start_ticks": change.start_ticks, "tempo_bpm": round(change.tempo_bpm, 3)}
            for change in score.tempos
        ],
        "time_signatures": [
            {
                "start_ticks": change.start_ticks,
                "numerator": change.numerator,
                "denominator": change.denominator,
            }
            for change in score.time_signatures
        ],
        "key_signatures": [
            {"start_ticks": change.start_ticks, "sharps": change.sharps, "is_minor": change.is_minor}
            for change in score.key_signatures
        ],
        "repairs": [{"kind": repair.kind, "what": repair.what} for repair in result.repairs],
    }


def _print(description: dict[str, Any]) -> None:
    print(printable(description["title"] or Path(description["file"]).name))
    print(
        f"  {clock(description['seconds'])} long, {description['notes']:,} notes, "
        f"{description['ticks_per_quarter']} ticks a quarter note"
    )
    for part in description["parts"]:
        kind = "drums" if part["is_drum"] else f"program {part['program']}"
        span = (
            ""
            if part["lowest_pitch"] is None
            else f", pitches {part['lowest_pitch']}–{part['highest_pitch']}"
        )
        more = "".join(
            f", {word}" for word, key in (("pedal", "has_pedal"), ("microtones", "has_cents")) if part[key]
        )
        print(f"  part {printable(part['name']) or '(unnamed)'}: {kind}, {part['notes']:,} notes{span}{more}")
    tempos = [f"{change['tempo_bpm']:g}" for change in description["tempos"]]
    meters = [f"{change['numerator']}/{change['denominator']}" for change in description["time_signatures"]]
    print(f"  tempo: {_listed(tempos) or 'none given (120)'} bpm")
    print(f"  meter: {_listed(meters) or 'none given (4/4)'}")
    for repair in description["repairs"]:
        print(f"  put right: {printable(repair['what'])}")


def _listed(values: list[str]) -> str:
    more = len(values) - _CHANGES_SHOWN
    return ", ".join(values[:_CHANGES_SHOWN]) + (f" and {more:,} more" if more > 0 else "")
