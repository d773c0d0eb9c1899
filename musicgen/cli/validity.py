"""Count what is music at all: files that can be read, have notes and end; tokens that are legal.

With a corpus the pieces are also written in its tokens and judged by its grammar; without pieces
the corpus itself is judged. Everything that is published should come to 100 % and 0 illegal tokens.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from musicgen.cli.errors import CommandError
from musicgen.cli.output import print_json, print_table, progress_bar, say

if TYPE_CHECKING:
    from musicgen.corpus.reader import Corpus
    from musicgen.representation import Vocabulary
    from musicgen.statistics.validity import SongValidity, Validity

_ROWS = (
    ("illegal_tokens", "illegal tokens"),
    ("parsing", "can be read"),
    ("with_notes", "have notes"),
    ("ending", "come to an end"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "paths", type=Path, nargs="*", metavar="PATH", help="MIDI files, folders or archives of them"
    )
    parser.add_argument(
        "--corpus", type=Path, metavar="FOLDER", help="of tokens, made by the command prepare"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(options: argparse.Namespace) -> int:
    """Judge the files, or the corpus; each file that falls short is named."""
    from musicgen.corpus.reader import open_corpus
    from musicgen.statistics.validity import describe_validity

    if not options.paths and options.corpus is None:
        raise CommandError("There is nothing to judge: give MIDI files, or a corpus with --corpus.")
    corpus = open_corpus(options.corpus) if options.corpus else None
    found: dict[str, SongValidity] = {}
    faults: dict[str, str] = {}
    if options.paths:
        found.update(_of_files(options.paths, corpus.vocabulary if corpus else None, faults))
    elif corpus is not None:
        found.update(_of_corpus(corpus, faults))
    validity = describe_validity(found.values())
    if options.json:
        print_json({**validity.to_json(), "faults": faults})
        return 0
    for name, reason in faults.items():
        say(f"{name}: {reason}")
    _print(validity)
    return 0


def _of_files(
    paths: list[Path], vocabulary: Vocabulary | None, faults: dict[str, str]
) -> Iterator[tuple[str, SongValidity]]:
    from musicgen.corpus.sources import open_source
    from musicgen.midi import MidiError, read_midi_report
    from musicgen.statistics.validity import SongValidity, illegal_tokens

    for path in paths:
        with open_source(path) as source, progress_bar(path.name, "file") as show:
            for number, file in enumerate(source, start=1):
                name = str(path) if path.is_file() and len(source.names) == 1 else f"{path}/{file.name}"
                show(number, len(source.names))
                try:
                    result = read_midi_report(file.data)
                except MidiError as error:
                    faults[name] = str(error)
                    yield name, SongValidity(0, 0, parses=False, has_notes=False, ends=False)
                    continue
                tokens = illegal = 0
                if vocabulary and len(result.score.all_notes(drums=False)):
                    encoded = vocabulary.encode(result.score)
                    tokens, illegal = len(encoded), illegal_tokens(encoded, vocabulary.grammar())
                endless = [each.what for each in result.repairs if each.kind in _ENDLESS]
                song = SongValidity(tokens, illegal, True, result.score.note_count > 0, not endless)
                if endless or illegal or not song.has_notes:
                    faults[name] = " ".join(endless) or _fault(song)
                yield name, song


_ENDLESS = ("hanging_notes", "end_of_track", "broken_track")  # repairs of what does not come to an end


def _of_corpus(corpus: Corpus, faults: dict[str, str]) -> Iterator[tuple[str, SongValidity]]:
    from musicgen.corpus.reader import SPLITS
    from musicgen.statistics.validity import SongValidity, illegal_tokens

    grammar = corpus.vocabulary.grammar()
    struck = corpus.vocabulary.note_count_of_token
    for split in SPLITS:
        for number, tokens in enumerate(corpus.pieces(split)):
            illegal = illegal_tokens(tokens, grammar)
            ends = bool(len(tokens)) and int(tokens[-1]) == corpus.vocabulary.eos
            song = SongValidity(len(tokens), illegal, True, bool(struck[tokens].any()), ends)
            name = f"{split} {number}"
            if illegal or not ends or not song.has_notes:
                faults[name] = _fault(song)
            yield name, song


def _fault(song: SongValidity) -> str:
    if song.illegal:
        return f"{song.illegal:,} of {song.tokens:,} tokens may not stand where they do."
    return "It holds no notes." if not song.has_notes else "It does not come to an end."


def _print(validity: Validity) -> None:
    rows = [["", f"{validity.songs:,} pieces"]]
    for name, label in _ROWS:
        value = getattr(validity, name)
        rows.append([label, "–" if value is None else f"{value:.2f} %"])
    print_table(rows)
