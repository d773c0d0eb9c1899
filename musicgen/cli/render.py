"""Make a sound file of a MIDI file, at −23 LUFS; the ending of --out says which format."""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import asdict
from pathlib import Path

from musicgen.cli.output import check_target, clock, print_json, printable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("file", type=Path, metavar="FILE.mid", help="a MIDI file")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE.(wav|flac|mp3|opus)",
        help="the sound file to write",
    )
    parser.add_argument("--json", action="store_true", help="print length, loudness and more as JSON")


def run(options: argparse.Namespace) -> int:
    """Render and write the file."""
    from musicgen.audio import Tags, audio_format, make_renditions

    check_target(options.out)
    wanted = audio_format(options.out.suffix)
    with tempfile.TemporaryDirectory(prefix=".render-", dir=options.out.parent) as folder:
        (made,) = make_renditions(
            options.file, Path(folder), formats=(wanted.name,), tags=Tags(title=options.file.stem)
        )
        made.path.replace(options.out)
    if options.json:
        print_json({**asdict(made), "path": str(options.out)})
    else:
        print(
            f"{printable(str(options.out))}: {clock(made.seconds)} long, {made.byte_count:,} bytes, "
            f"{made.loudness_lufs:.1f} LUFS, true peak {made.true_peak_dbtp:.1f} dBTP, "
            f"played by {made.synthesizer} with {made.soundfont}"
        )
    return 0
