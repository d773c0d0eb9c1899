"""Measure pieces of music, and the same rhythms with random notes beside them.

A value is good when it is close to that of the music a network learned from; how far it
is from chance says whether it says anything at all. Of several pieces mean ± SD is shown.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from musicgen.cli.errors import CommandError
from musicgen.cli.measuring import read_pieces
from musicgen.cli.output import print_json, print_table, say
from musicgen.cli.pictures import check_picture, write_picture
from musicgen.cli.quality import read_report

if TYPE_CHECKING:
    from musicgen.score import Score
    from musicgen.statistics import MeasureSummary, SongStatistics

_LEAST_CHANCE_PIECES: Final = 20  # so that chance has a mean worth showing beside one piece too


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "paths", type=Path, nargs="+", metavar="PATH", help="MIDI files, folders or zip archives of them"
    )
    parser.add_argument(
        "--seed", type=_seed, default=0, metavar="N", help="of the random notes (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON, with the values of every piece")
    parser.add_argument(
        "--beside",
        type=Path,
        metavar="CORPUS",
        help="show the pieces of this corpus, made by the command prepare, beside them",
    )
    parser.add_argument(
        "--picture", type=Path, metavar="FILE", help="draw each measure beside chance, as .svg or .png"
    )


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 on")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Measure every piece; those that cannot be read are named and left out."""
    from musicgen.statistics import describe_set

    if options.picture:
        check_picture(options.picture)
    of_corpus = read_report(options.beside)["measures"] if options.beside else None
    songs, chance, refused = _measured(options.paths, options.seed)
    for name, reason in refused.items():
        say(f"{name}: {reason}")
    if not songs:
        raise CommandError("None of the files can be read, so there is nothing to measure.")
    if options.picture:
        write_picture(options.picture, {"these pieces": list(songs.values()), "by chance": chance})
    of_set, of_chance = describe_set(songs.values()), describe_set(chance)
    if options.json:
        print_json(
            {
                "songs": {name: song.to_json() for name, song in songs.items()},
                "refused": refused,
                "set": {name: summary.to_json() for name, summary in of_set.items()},
                "chance": {name: summary.to_json() for name, summary in of_chance.items()},
                **({"corpus": of_corpus} if of_corpus else {}),
            }
        )
    else:
        _print(len(songs), of_set, of_chance, of_corpus)
    return 0


def _measured(
    paths: list[Path], seed: int
) -> tuple[dict[str, SongStatistics], list[SongStatistics], dict[str, str]]:
    """Statistics by name, those of chance, and why a file was refused, by name."""
    from musicgen.statistics import chance_score, song_statistics

    songs: dict[str, SongStatistics] = {}
    chance: list[SongStatistics] = []
    refused: dict[str, str] = {}
    first_scores: list[Score] = []
    for name, score in read_pieces(paths, refused):
        songs[name] = song_statistics(score)
        chance.append(song_statistics(chance_score(score, seed + len(chance))))
        first_scores += [score] if len(first_scores) < _LEAST_CHANCE_PIECES else []
    while first_scores and len(chance) < _LEAST_CHANCE_PIECES:
        score = first_scores[len(chance) % len(first_scores)]
        chance.append(song_statistics(chance_score(score, seed + len(chance))))
    return songs, chance, refused


def _print(
    pieces: int,
    of_set: Mapping[str, MeasureSummary],
    of_chance: Mapping[str, MeasureSummary],
    of_corpus: Mapping[str, Any] | None,
) -> None:
    from musicgen.statistics import MEASURES, MeasureSummary
    from musicgen.statistics.wording import worded_summary

    columns = {"this piece" if pieces == 1 else f"{pieces:,} pieces": of_set}
    if of_corpus:
        columns["in the corpus"] = {
            name: MeasureSummary(found["count"], found.get("mean"), found.get("sd"))
            for name, found in of_corpus.items()
        }
    columns["by chance"] = of_chance
    rows = [["", *columns, "unit"]]
    rows += [
        [row.label, *(worded_summary(row, column[row.name]) for column in columns.values()), row.unit]
        for row in MEASURES
    ]
    print_table(rows)
