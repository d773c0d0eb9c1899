"""Reading the pieces that a command is to measure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from musicgen.cli.output import progress_bar

if TYPE_CHECKING:
    from musicgen.score import Score


def read_pieces(paths: Sequence[Path], refused: dict[str, str]) -> Iterator[tuple[str, Score]]:
    """Every piece at some paths, by a name that tells where it lies.

    Args:
        paths: MIDI files, folders or archives.
        refused: filled with the reason of every file that cannot be read, by name.

    Raises:
        CorpusError: see `musicgen.corpus.sources.open_source`.
    """
    from musicgen.corpus.sources import open_source
    from musicgen.midi import MidiError, read_midi

    for path in paths:
        with open_source(path) as source, progress_bar(path.name, "file") as show:
            for number, file in enumerate(source, start=1):
                name = str(path) if path.is_file() and len(source.names) == 1 else f"{path}/{file.name}"
                try:
                    score = read_midi(file.data)
                except MidiError as error:
                    refused[name] = str(error)
                    continue
                yield name, score
                show(number, len(source.names))
