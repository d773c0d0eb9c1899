"""Make a corpus to learn from out of MIDI files.

Every file is checked; equal pieces are taken once; pieces, never parts of a piece, are set
aside for validation and test. The corpus is a folder that NumPy alone can read.
"""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musicgen.cli.errors import CommandError
from musicgen.cli.output import clock, print_json, printable, progress_bar, say
from musicgen.cli.quality import findings_in_words

if TYPE_CHECKING:
    from musicgen.corpus.prepare import PrepareReport


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("source", type=Path, metavar="SOURCE", help="a folder, archive or file of MIDI")
    parser.add_argument("out", type=Path, metavar="OUT", help="the corpus folder to make")
    parser.add_argument(
        "--representation",
        default="chords",
        choices=["chords", "events", "tones"],
        help="what a network shall see of the music (default: %(default)s)",
    )
    _add_event_arguments(parser)
    parser.add_argument(
        "--tones-per-cell",
        type=int,
        choices=[1, 3],
        help="for tones: how many that are struck together a network sees at a time (default: 1)",
    )
    parser.add_argument(
        "--transpositions",
        type=int,
        nargs=2,
        default=(0, 0),
        metavar=("LOW", "HIGH"),
        help="learn every piece in each of these transpositions, in semitones, as in -5 6; "
        "0 must be among them (default: only as it is)",
    )
    parser.add_argument(
        "--one-key",
        action="store_true",
        help="bring every piece to C major or A minor first, by its estimated key",
    )
    parser.add_argument(
        "--split-by",
        default="work",
        choices=["work", "composer", "piece"],
        help="what stays together in one split, where the dataset tells it (default: %(default)s)",
    )
    parser.add_argument(
        "--curated", action="store_true", help="take only the subset that the dataset itself has checked"
    )
    parser.add_argument(
        "--processes",
        type=int,
        default=os.cpu_count() or 1,
        metavar="N",
        help="that share the work (default: one for each core, here %(default)s)",
    )
    parser.add_argument(
        "--shard",
        type=_shard,
        metavar="I/N",
        help="do only the I-th of N shares of the work, on this of N machines: once to examine files, and "
        "where the folder OUT.work of all of them has come together once more to encode them; then run "
        "the command without --shard",
    )
    parser.add_argument("--json", action="store_true", help="print the report on every file as JSON")


def _add_event_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--tokenizer",
        choices=["remi", "tsd"],
        help="for events: MidiTok's with bars and positions, or with shifts of time (default: remi)",
    )
    parser.add_argument(
        "--style", metavar="NAME", help="for events: what to call this music, so that it can be asked for"
    )
    parser.add_argument(
        "--styles-by",
        choices=["folder", "dataset"],
        help="for events: tell styles apart by the folders of SOURCE, or by what its dataset says",
    )
    parser.add_argument(
        "--time",
        choices=["beats", "seconds"],
        help="for events: count time in beats, or in seconds for performances, whose beats nobody knows "
        "(only with --tokenizer tsd; default: beats)",
    )
    parser.add_argument(
        "--pedal",
        choices=["keys", "lengths", "tokens"],
        help="for events: notes last as long as their keys are held, as long as the pedal holds them, or "
        "the pedal is written as well (default: keys)",
    )
    parser.add_argument(
        "--glides",
        action="store_true",
        help="for events: write how the pitch moves during notes, in steps of 25 cents",
    )


def _shard(text: str) -> tuple[int, int]:
    number, _, of = text.partition("/")
    if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise argparse.ArgumentTypeError(f"{text!r} is no share like 1/4")
    return int(number), int(of)


def run(options: argparse.Namespace) -> int:
    """Prepare the corpus and report; or do a share of it."""
    if options.processes < 1:
        raise CommandError(f"{options.processes} processes do no work; give 1 or more.")
    # Beside the corpus, so that a run that was cut finds what it has done.
    work = options.out.with_name(f"{options.out.name}.work")
    if options.shard:
        return _share(options, work)
    from musicgen.corpus.prepare import prepare

    with progress_bar("preparing", "step") as show:
        report = prepare(options.source, options.out, work=work, on_progress=show, **_settings(options))
    shutil.rmtree(work, ignore_errors=True)
    if options.json:
        print_json(report.to_json())
        return 0
    for file in report.files:
        if file.verdict != "taken":
            say(f"{file.verdict}: {file.name}: {file.reason}")
    _print(report)
    return 0


def _of_representation(options: argparse.Namespace) -> dict[str, Any]:
    """The options that only one representation has."""
    if options.tones_per_cell and options.representation != "tones":
        raise CommandError("Only tones stand in cells: give --tones-per-cell with --representation tones.")
    only_events = ("tokenizer", "style", "styles_by", "time", "pedal", "glides")
    if options.representation != "events" and any(getattr(options, name) for name in only_events):
        raise CommandError(
            "Only events have --tokenizer, --style, --styles-by, --time, --pedal and --glides: give them "
            "with --representation events."
        )
    if options.style and options.styles_by:
        raise CommandError("Give --style if all is of one style, or --styles-by if not.")
    chosen: dict[str, Any] = {}
    for name in ("tones_per_cell", "tokenizer", "time", "pedal", "glides"):
        if getattr(options, name):
            chosen[name] = getattr(options, name)
    if options.style:
        chosen["styles"] = [options.style]
    return chosen


def _settings(options: argparse.Namespace) -> dict[str, Any]:
    """What the whole and its shares are made by."""
    low, high = options.transpositions
    return {
        "representation": options.representation,
        "options": _of_representation(options),
        "transpositions": tuple(range(low, high + 1)),
        "one_key": options.one_key,
        "split_by": options.split_by,
        "styles_by": options.styles_by or "",
        "curated": options.curated,
        "processes": options.processes,
    }


def _share(options: argparse.Namespace, work: Path) -> int:
    from musicgen.corpus.prepare import prepare_share

    with progress_bar("preparing a share", "step") as show:
        report = prepare_share(options.source, work, options.shard, on_progress=show, **_settings(options))
    kept = printable(str(work))
    print(f"{report.examined:,} files examined, {report.refused:,} refused; kept in {kept}")
    if report.missing:
        print(
            f"{report.missing:,} files of other shares are not examined yet: when {kept} of all machines "
            "has come together, run this command again to encode this share"
        )
    else:
        print(f"{report.encoded:,} pieces encoded; run the command without --shard when all shares are there")
    return 0


def _print(report: PrepareReport) -> None:
    taken, doubled, refused = (report.count(verdict) for verdict in ("taken", "duplicate", "refused"))
    print(f"{taken:,} pieces taken, {doubled:,} duplicates, {refused:,} refused")
    for name, split in report.splits.items():
        print(
            f"  {name}: {split.pieces:,} pieces, {split.notes:,} notes, {clock(split.seconds)}, "
            f"{split.tokens:,} {'tokens' if report.vocabulary_size else 'cells'}"
        )
    for line in findings_in_words(report.quality):
        print(f"  {line}")
    print(
        (f"{report.vocabulary_size:,} different tokens; " if report.vocabulary_size else "")
        + f"corpus in {printable(str(report.folder))}, of which "
        "the command quality tells more"
    )
