"""Compare two sets of pieces: how far apart they lie in every measure, and all in all.

A is the reference, such as the music a network learned from; B is what stands beside it. The
accuracy is that of a classifier which is to tell B from A: 50 % is perfect likeness.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from musicgen.cli.errors import CommandError
from musicgen.cli.measuring import read_pieces
from musicgen.cli.output import print_json, print_table, say
from musicgen.cli.pictures import check_picture, write_picture

if TYPE_CHECKING:
    from musicgen.statistics import SongFeatures, SongStatistics
    from musicgen.statistics.comparison import Comparison


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    for name, what in (("a", "the reference"), ("b", "what is compared with it")):
        parser.add_argument(
            name, type=Path, metavar=name.upper(), help=f"{what}: a folder or archive of MIDI"
        )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of chance and of the classifier")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--picture", type=Path, metavar="FILE", help="draw each measure in both sets, as .svg or .png"
    )


def run(options: argparse.Namespace) -> int:
    """Measure both sets and say how far apart they lie."""
    from musicgen.statistics.comparison import compare

    if options.seed < 0:
        raise CommandError(f"The seed is {options.seed}; give a whole number from 0 on.")
    if options.picture:
        check_picture(options.picture)
    refused: dict[str, str] = {}
    a, chance = _measured(options.a, options.seed, refused)
    b, _ = _measured(options.b, options.seed, refused)
    for name, reason in refused.items():
        say(f"{name}: {reason}")
    if not a or not b:
        raise CommandError("One of the sets holds no piece that can be read, so there is nothing to compare.")
    found = compare(a, b, seed=options.seed)
    if options.picture:
        sets = {"A": [song.statistics for song in a], "B": [song.statistics for song in b]}
        write_picture(options.picture, {**sets, "A by chance": chance})
    if options.json:
        print_json({**found.to_json(chance), "refused": refused})
    else:
        _print(found, chance)
    return 0


def _measured(
    path: Path, seed: int, refused: dict[str, str]
) -> tuple[list[SongFeatures], list[SongStatistics]]:
    """Features of every piece with notes, and the statistics of chance in the same rhythms."""
    from musicgen.statistics import chance_score, song_features, song_statistics

    songs: list[SongFeatures] = []
    chance: list[SongStatistics] = []
    for name, score in read_pieces([path], refused):
        if not score.note_count:
            refused[name] = "The file holds no notes."
            continue
        songs.append(song_features(score))
        chance.append(song_statistics(chance_score(score, seed + len(chance))))
    return songs, chance


def _print(found: Comparison, chance: Sequence[SongStatistics]) -> None:
    from musicgen.statistics import MEASURES, describe_set
    from musicgen.statistics.wording import worded_summary

    by_chance = describe_set(chance)
    rows = [["", f"A ({found.songs_a:,})", f"B ({found.songs_b:,})", "A by chance", "unit", "overlap", "KLD"]]
    for row in MEASURES:
        apart = found.divergences[row.name]
        rows.append(
            [
                row.label,
                *(worded_summary(row, of[row.name]) for of in (found.set_a, found.set_b, by_chance)),
                row.unit,
                "" if apart.overlap_a is None else f"{apart.overlap_a:.2f}",
                "" if apart.kld_a is None else f"{apart.kld_a:.3f}",
            ]
        )
    print_table(rows)
    reasons = {name: apart.reason for name, apart in found.divergences.items() if apart.reason}
    _print_reasons(reasons)
    for line in found.in_words():
        print(line)


def _print_reasons(reasons: Mapping[str, str]) -> None:
    from musicgen.statistics import measure

    for name, reason in reasons.items():
        print(f"{measure(name).label}: no overlap, {reason}.")
