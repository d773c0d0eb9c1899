"""Write a MIDI file as a score that people can read, in MusicXML, and tell its key."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from musicgen.cli.errors import CommandError
from musicgen.cli.output import print_json, printable, write_whole

SUFFIXES: Final = (".musicxml", ".xml")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a MIDI file")
    parser.add_argument("--out", type=Path, metavar="SCORE", help="the score to write, a .musicxml file")
    parser.add_argument("--json", action="store_true", help="print the key as JSON")


def run(options: argparse.Namespace) -> int:
    """Estimate the key, and write the score if one is asked for."""
    from musicgen.midi import read_midi
    from musicgen.notation import estimate_key, write_musicxml

    if options.out and options.out.suffix.lower() not in SUFFIXES:
        raise CommandError(f"{options.out}: a score ends in {' or '.join(SUFFIXES)}; name it so.")
    score = read_midi(options.file)
    key = estimate_key(score)
    if options.out:
        write_whole(options.out, write_musicxml(score))
    if options.json:
        print_json(
            {
                "file": str(options.file),
                "tonic": key.tonic,
                "mode": key.mode,
                "correlation": round(key.correlation, 3),
            }
        )
    else:
        print(f"{printable(str(options.file))}: {key} (fits its profile by {key.correlation:.2f} of 1)")
    return 0
