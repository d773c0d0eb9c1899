"""Compose a piece with a trained network, as a MIDI file.

The same seed, checkpoint and settings give the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

from musicgen.cli.loading import quiet_loading
from musicgen.cli.output import check_target, clock, print_json, printable, progress_bar, say, write_whole
from musicgen.sampling.settings import SamplingSettings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    default = SamplingSettings()
    parser.add_argument(
        "--checkpoint",
        required=True,
        metavar="NAME_OR_DIR",
        help="a shipped checkpoint (see checkpoints), or the folder of a checkpoint or run",
    )
    parser.add_argument("--seed", type=int, required=True, metavar="N", help="any whole number from 0 on")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.mid", help="the MIDI file to write")
    parser.add_argument(
        "--temperature",
        type=float,
        default=default.temperature,
        metavar="X",
        help="below 1 careful, above 1 daring (default: %(default)s)",
    )
    parser.add_argument(
        "--top-k",
        type=int,
        default=default.top_k,
        metavar="N",
        help="choose among so many likeliest tokens, 0 for all (default: %(default)s)",
    )
    parser.add_argument(
        "--top-p",
        type=float,
        default=default.top_p,
        metavar="X",
        help="choose among the likeliest tokens that together are so probable (default: %(default)s)",
    )
    parser.add_argument(
        "--length-seconds",
        type=float,
        default=default.length_seconds,
        metavar="X",
        help="about how long (default: %(default)s)",
    )
    parser.add_argument(
        "--tempo-bpm",
        type=float,
        default=default.tempo_bpm,
        metavar="X",
        help="quarter notes a minute (default: the network's choice)",
    )
    parser.add_argument("--json", action="store_true", help="print what was made as JSON")


def run(options: argparse.Namespace) -> int:
    """Compose and write the file."""
    from musicgen.learning.shipped import resolve_checkpoint
    from musicgen.midi import write_midi

    check_target(options.out)
    settings = SamplingSettings(
        seed=options.seed,
        temperature=options.temperature,
        top_k=options.top_k,
        top_p=options.top_p,
        length_seconds=options.length_seconds,
        tempo_bpm=options.tempo_bpm,
    )
    checkpoint = resolve_checkpoint(options.checkpoint)
    with quiet_loading():
        from musicgen.sampling.composer import Composer

    with progress_bar("composing", "%") as show:
        composition = Composer(checkpoint).compose(
            settings, on_progress=lambda share: show(round(100 * share), 100)
        )
    content = write_midi(composition.score)
    write_whole(options.out, content)
    if composition.stuck:
        say(f"The piece is stuck: {composition.stuck_reason}. Take another seed or a higher temperature.")
    if options.json:
        print_json(
            {
                "file": str(options.out),
                "sha256": hashlib.sha256(content).hexdigest(),
                "checkpoint": str(checkpoint),
                "settings": settings.to_json(),
                "seconds": composition.seconds,
                "notes": composition.note_count,
                "finished": composition.finished,
                "stuck": composition.stuck_reason if composition.stuck else None,
            }
        )
    else:
        made = f"{clock(composition.seconds)} long, {composition.note_count:,} notes"
        print(f"{printable(str(options.out))}: {made}")
    return 0
