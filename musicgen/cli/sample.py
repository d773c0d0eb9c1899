"""Compose pieces with a trained network, as MIDI files.

The same seed, checkpoint, settings and music to set out from give the same bytes. Of several takes
the seeds follow each other, and each is the piece that its seed gives alone.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from musicgen.cli.errors import CommandError
from musicgen.cli.loading import quiet_loading
from musicgen.cli.output import check_target, clock, print_json, printable, progress_bar, say, write_whole
from musicgen.sampling.settings import MOST_TAKES, SamplingSettings

if TYPE_CHECKING:
    from musicgen.sampling import Prompt
    from musicgen.sampling.composer import Composition
    from musicgen.score import Score

# Setting, type, metavar and what it does. Options are named as settings are.
_CHOICE: Final[tuple[tuple[str, type, str, str], ...]] = (
    ("temperature", float, "X", "below 1 careful, above 1 daring"),
    ("top_k", int, "N", "choose among so many likeliest tokens, 0 for all"),
    ("top_p", float, "X", "choose among the likeliest tokens that together are so probable"),
    ("min_p", float, "X", "choose among tokens at least so likely beside the likeliest"),
    ("repetition", float, "X", "nats that a note or chord loses for each time it was struck lately"),
    ("length_seconds", float, "X", "about how long"),
)
_WISHES: Final[tuple[tuple[str, type, str, str], ...]] = (
    ("length_bars", int, "N", "end in this bar instead"),
    ("length_notes", int, "N", "end with about so many notes instead"),
    ("tempo_bpm", float, "X", "quarter notes a minute"),
    ("key", str, "KEY", 'such as "D minor"'),
    ("density", float, "X", "notes a second"),
    ("instrument", str, "NAME", 'a family of instruments, such as "strings"'),
)


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
        "--takes",
        type=int,
        default=1,
        metavar="N",
        help=f"how many pieces, 1 to {MOST_TAKES}; of several, FILE-1.mid, FILE-2.mid … are written",
    )
    for name, kind, metavar, text in _CHOICE:
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=kind,
            default=getattr(default, name),
            metavar=metavar,
            help=f"{text} (default: %(default)s)",
        )
    wishes = parser.add_argument_group("what is left to the network unless it is asked for")
    for name, kind, metavar, text in _WISHES:
        wishes.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar=metavar, help=text)
    _add_prompts(parser)
    parser.add_argument("--json", action="store_true", help="print what was made as JSON")


def _add_prompts(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("music to set out from", "MIDI files; one of these")
    which = group.add_mutually_exclusive_group()
    which.add_argument("--continue", dest="continued", type=Path, metavar="FILE", help="go on from a piece")
    which.add_argument("--vary", type=Path, metavar="FILE", help="take its opening and go another way")
    which.add_argument("--infill", type=Path, metavar="FILE", help="write a passage of a piece anew")
    which.add_argument("--accompany", type=Path, metavar="FILE", help="add to a melody what goes with it")
    group.add_argument(
        "--from-seconds", type=float, metavar="X", help="where to go on, or where the passage begins"
    )
    group.add_argument("--to-seconds", type=float, metavar="X", help="where the opening or the passage ends")


def run(options: argparse.Namespace) -> int:
    """Compose and write the files."""
    from musicgen.learning.shipped import resolve_checkpoint

    targets = _targets(options.out, options.takes)
    for target in targets:
        check_target(target)
    names = ("seed", *(name for name, *_ in (*_CHOICE, *_WISHES)))
    settings = SamplingSettings(**{name: getattr(options, name) for name in names})
    prompt = _prompt(options)
    checkpoint = resolve_checkpoint(options.checkpoint)
    with quiet_loading():
        from musicgen.sampling.composers import composer_of

    with progress_bar("composing", "%") as show:
        made = composer_of(checkpoint).compose_takes(
            settings,
            options.takes,
            prompt=prompt,
            on_progress=lambda share: show(round(100 * share), 100),
        )
    reports = [_written(piece, target) for piece, target in zip(made, targets, strict=True)]
    if options.json:
        common = {"checkpoint": str(checkpoint), "settings": settings.to_json()}
        first = {**reports[0], **common}
        print_json(first if len(reports) == 1 else {**common, "takes": reports})
    else:
        for report in reports:
            length = f"{clock(report['seconds'])} long, {report['notes']:,} notes"
            print(f"{printable(report['file'])}: {length}")
    return 0


def _targets(out: Path, takes: int) -> list[Path]:
    if not 1 <= takes <= MOST_TAKES:
        raise CommandError(f"--takes is {takes}; give 1 to {MOST_TAKES}.")
    if takes == 1:
        return [out]
    return [out.with_name(f"{out.stem}-{number}{out.suffix}") for number in range(1, takes + 1)]


def _written(piece: Composition, target: Path) -> dict[str, Any]:
    from musicgen.midi import write_midi

    content = write_midi(piece.score)
    write_whole(target, content)
    if piece.stuck:
        say(f"{target} is stuck: {piece.stuck_reason}. Take another seed or a higher temperature.")
    return {
        "file": str(target),
        "sha256": hashlib.sha256(content).hexdigest(),
        "seed": piece.seed,
        "seconds": piece.seconds,
        "notes": piece.note_count,
        "finished": piece.finished,
        "stuck": piece.stuck_reason if piece.stuck else None,
    }


def _prompt(options: argparse.Namespace) -> Prompt | None:
    from musicgen.sampling import Accompaniment, Continuation, Infilling, Variation
    from musicgen.sampling.prompts import USUAL_OPENING_SECONDS

    begin, end = options.from_seconds, options.to_seconds
    if options.continued:
        return Continuation(_read(options.continued), begin)
    if options.vary:
        return Variation(_read(options.vary), USUAL_OPENING_SECONDS if end is None else end)
    if options.accompany:
        return Accompaniment(_read(options.accompany))
    if options.infill:
        if begin is None or end is None:
            raise CommandError("--infill needs --from-seconds and --to-seconds, the passage to write anew.")
        return Infilling(_read(options.infill), begin, end)
    if begin is not None or end is not None:
        raise CommandError("--from-seconds and --to-seconds say where in a piece; name one with --continue.")
    return None


def _read(path: Path) -> Score:
    from musicgen.midi import read_midi

    return read_midi(path.read_bytes())
