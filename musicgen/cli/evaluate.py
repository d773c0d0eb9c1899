"""Judge checkpoints: samples from fixed seeds beside real held-out music and chance, step by step.

Of a run's folder all checkpoints are judged, so that it can be seen whether the run gets better and
better. All music is compared by its opening; the figures of music that was learned from, in the
column "learned from", are the best that a network can hope for.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from musicgen.cli.errors import CommandError
from musicgen.cli.loading import quiet_loading
from musicgen.cli.output import print_json, print_table, printable, progress_bar, say, write_whole
from musicgen.cli.pictures import check_picture

if TYPE_CHECKING:
    from musicgen.evaluation.judging import Judgment
    from musicgen.evaluation.references import References
    from musicgen.statistics import MeasureSummary
    from musicgen.statistics.comparison import Comparison

_SHIPPED_STEP: Final = re.compile(r"-step-\d+$")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "checkpoints",
        nargs="+",
        metavar="CHECKPOINT",
        help="a checkpoint's folder, a shipped checkpoint's name, or a run's folder for all of its own",
    )
    parser.add_argument(
        "--corpus", type=Path, required=True, metavar="FOLDER", help="with the held-out music"
    )
    for name, kind, default, text in (
        ("songs", int, 40, "samples of each checkpoint, and held-out pieces at most"),
        ("seconds", float, 20.0, "how much of each piece is compared"),
        ("seed", int, 1, "of the first sample; the others follow"),
        ("temperature", float, 1.0, "below 1 careful, above 1 daring"),
        ("top-p", float, 0.95, "choose among the likeliest tokens that together are so probable"),
    ):
        parser.add_argument(
            f"--{name}",
            type=kind,
            default=default,
            metavar="N" if kind is int else "X",
            help=f"{text} (default: %(default)s)",
        )
    parser.add_argument(
        "--no-copying", action="store_true", help="do not look for copies, which takes an index of the corpus"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--out", type=Path, metavar="FILE.json", help="write the JSON there as well")
    parser.add_argument("--brief", action="store_true", help="write it small, to hand on")
    parser.add_argument(
        "--picture", type=Path, metavar="FILE", help="draw it against the training step, as .svg or .png"
    )


def run(options: argparse.Namespace) -> int:
    """Judge every checkpoint; one that cannot be composed from ends the command."""
    from musicgen.corpus.reader import open_corpus
    from musicgen.evaluation.references import references_of

    if options.songs < 1 or options.seconds <= 0 or options.seed < 0:
        raise CommandError("--songs and --seconds must be above 0, and --seed no less than 0.")
    if options.picture:
        check_picture(options.picture)
    folders = _folders(options.checkpoints)
    corpus = open_corpus(options.corpus)
    say("Reading the corpus.")
    references = references_of(
        corpus,
        songs=options.songs,
        seconds=options.seconds,
        seed=options.seed,
        finds_copies=not options.no_copying,
    )
    if not references.real:
        raise CommandError(f"The corpus {options.corpus} holds out no piece long enough to compare with.")
    runs = _judged(folders, references, corpus.corpus_hash, options)
    _report(runs, references, options)
    return 0


def _folders(names: Sequence[str]) -> dict[str, list[Path]]:
    """The checkpoints to judge, by the name of their run or their own, in order of steps."""
    from musicgen.learning.shipped import resolve_checkpoint

    found: dict[str, list[Path]] = {}
    for name in names:
        series = sorted(Path(name).glob("checkpoints/step-*"))
        if series:
            found[Path(name).name] = series
        else:
            folder = resolve_checkpoint(name)
            of_run = folder.parent.name == "checkpoints"
            # Those shipped along a run are named after it, with their step.
            name = folder.parent.parent.name if of_run else _SHIPPED_STEP.sub("", folder.name)
            found.setdefault(name, []).append(folder)
    return found


def _judged(
    folders: Mapping[str, Sequence[Path]],
    references: References,
    corpus_hash: str,
    options: argparse.Namespace,
) -> dict[str, list[Judgment]]:
    with quiet_loading():
        from musicgen.evaluation.judging import Sampling, judge

    sampling = Sampling(options.songs, options.seconds, options.seed, options.temperature, options.top_p)
    runs: dict[str, list[Judgment]] = {}
    for name, series in folders.items():
        for folder in series:
            with progress_bar(f"{name} {folder.name}", "song") as show:
                judgment = judge(folder, references, sampling, corpus_hash=corpus_hash, on_progress=show)
            say(f"Judged {name}, step {judgment.step}.")
            runs.setdefault(name, []).append(judgment)
        runs[name].sort(key=lambda judgment: judgment.step)
    return runs


def _report(
    runs: Mapping[str, Sequence[Judgment]], references: References, options: argparse.Namespace
) -> None:
    from musicgen.evaluation.judging import seen_judgment
    from musicgen.evaluation.trend import trends_of
    from musicgen.statistics import describe_set

    seen = seen_judgment(references, options.seed)
    chance = describe_set(references.chance)
    trends = {name: trends_of(judgments) for name, judgments in runs.items()}
    content = {
        "corpus": options.corpus.name,
        "songs": options.songs,
        "seconds": options.seconds,
        "seed": options.seed,
        "temperature": options.temperature,
        "top_p": options.top_p,
        "real": {"split": references.split, "songs": len(references.real)},
        "learned_from": seen.to_json(references.chance),
        "runs": {
            name: {
                "checkpoints": [judgment.to_json() for judgment in judgments],
                "trends": [trend.to_json() for trend in trends[name]],
            }
            for name, judgments in runs.items()
        },
    }
    if options.out:
        from musicgen.evaluation.brief import brief

        text = json.dumps(brief(content)) if options.brief else json.dumps(content, indent=1)
        write_whole(options.out, text.encode() + b"\n")
    if options.picture:
        from musicgen.evaluation.picture import draw_steps  # loads matplotlib

        kind = options.picture.suffix.lower().removeprefix(".")
        write_whole(options.picture, draw_steps(runs, seen.set_a, chance, seen, kind))
    if options.json:
        print_json(content)
        return
    print(f"{len(references.real)} real pieces of {references.split}, {options.seconds:g} s of each.\n")
    _print_tests(runs, seen)
    _print_measures(runs, seen, chance)
    for name, rows in trends.items():
        if len(runs[name]) > 1:
            print(f"\n{printable(name)}, step by step:")
            for trend in rows:
                print(f"  {trend.in_words()}")


def _print_tests(runs: Mapping[str, Sequence[Judgment]], seen: Comparison) -> None:
    rows = [["", "step", "nats/token", "told apart, %", "Fréchet", "unstuck, %", "valid, %", "copying, %"]]
    rows += [
        [
            name,
            f"{j.step:,}",
            "" if j.nats_per_token is None else f"{j.nats_per_token:.3f}",
            *_told(j.comparison),
            f"{j.unstuck_percent:.0f}",
            f"{j.valid_percent:.0f}",
            "" if j.copying is None else f"{j.copying.flagged_percent:.0f}",
        ]
        for name, judgments in runs.items()
        for j in judgments
    ]
    rows.append(["music that was learned from", "", "", *_told(seen), "", "", ""])
    print_table(rows)


def _told(comparison: Comparison | None) -> list[str]:
    if comparison is None:
        return ["", ""]
    test, distance = comparison.two_sample, comparison.frechet.distance
    told = ""
    if test.accuracy is not None and test.low is not None and test.high is not None:
        told = f"{100 * test.accuracy:.0f} ({100 * test.low:.0f} to {100 * test.high:.0f})"
    return [told, "" if distance is None else f"{distance:.1f}"]


def _print_measures(
    runs: Mapping[str, Sequence[Judgment]], seen: Comparison, chance: Mapping[str, MeasureSummary]
) -> None:
    from musicgen.statistics import MEASURES
    from musicgen.statistics.wording import worded_summary

    columns: dict[str, Mapping[str, Any]] = {"real": seen.set_a, "learned from": seen.set_b}
    for name, judgments in runs.items():
        last = judgments[-1]
        if last.comparison is not None:
            columns[f"{name} {last.step:,}"] = last.comparison.set_b
    columns["by chance"] = chance
    print()
    rows = [["", *columns, "unit"]]
    rows += [
        [row.label, *(worded_summary(row, column[row.name]) for column in columns.values()), row.unit]
        for row in MEASURES
    ]
    print_table(rows)
