"""The MIDI files of a folder, an archive or a single file, one after another.

Knows no MIDI; what is inside a file is for `read_midi` to judge.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from musicgen.corpus.archives import (
    ARCHIVE_SUFFIXES,
    DEFAULT_ARCHIVE_LIMITS,
    MAX_TABLE_BYTES,
    MIDI_SUFFIXES,
    NO_MIDI,
    TABLE_SUFFIXES,
    ArchiveLimits,
    Source,
    SourceFile,
)
from musicgen.corpus.errors import ArchiveError, CorpusError
from musicgen.corpus.tar_source import TarSource, is_tar
from musicgen.corpus.zip_source import ZipSource

__all__ = [
    "DEFAULT_ARCHIVE_LIMITS",
    "LARGE_ARCHIVE_LIMITS",
    "MIDI_SUFFIXES",
    "ArchiveLimits",
    "Source",
    "SourceFile",
    "open_source",
]

# For datasets that a researcher has put on the own machine: Lakh has 178,561 files and 6 GB.
LARGE_ARCHIVE_LIMITS: Final = ArchiveLimits(max_files=2_000_000, max_total_bytes=256 * 1024**3)


@contextmanager
def open_source(path: Path, limits: ArchiveLimits = DEFAULT_ARCHIVE_LIMITS) -> Iterator[Source]:
    """The MIDI files at a path.

    Args:
        path: a folder (searched to the bottom, links not followed), a zip archive, a tar archive
            (plain, gzip, bzip2 or xz), or a file.
        limits: beyond which an archive is refused.

    Raises:
        CorpusError: nothing there, or no MIDI file in it.
        ArchiveError: on opening or while reading, of an archive that is damaged or hostile.
    """
    if path.is_dir():
        yield _folder(path, limits)
    elif not path.is_file():
        raise CorpusError(f"There is no file or folder {path}; check the path.")
    elif zipfile.is_zipfile(path):
        with path.open("rb") as file:
            yield ZipSource(file, path.name, limits)
    elif path.suffix.lower() not in ARCHIVE_SUFFIXES:
        yield _FileSource(path.parent, (path.name,), (), limits)
    elif is_tar(path):
        yield TarSource(path, limits)
    else:
        raise ArchiveError(
            f"{path.name} is not a whole zip archive, nor a tar archive; pack the MIDI files as one .zip."
        )


def _folder(folder: Path, limits: ArchiveLimits) -> _FileSource:
    names: dict[bool, list[str]] = {True: [], False: []}
    for found in folder.rglob("*"):
        suffix = found.suffix.lower()
        if suffix in MIDI_SUFFIXES | TABLE_SUFFIXES and not found.is_symlink() and found.is_file():
            names[suffix in MIDI_SUFFIXES].append(found.relative_to(folder).as_posix())
    if not names[True]:
        raise CorpusError(f"The folder {folder} {NO_MIDI}")
    return _FileSource(folder, tuple(sorted(names[True])), tuple(sorted(names[False])), limits)


class _FileSource:
    """Files on disk."""

    def __init__(
        self, folder: Path, names: tuple[str, ...], table_names: tuple[str, ...], limits: ArchiveLimits
    ) -> None:
        self._folder = folder
        self._limits = limits
        self.label = folder.resolve().name
        self.names = names
        self.table_names = table_names

    def __iter__(self) -> Iterator[SourceFile]:
        for name in self.names:
            with (self._folder / name).open("rb") as file:
                yield SourceFile(name, file.read(self._limits.max_file_bytes + 1))

    def table(self, name: str) -> bytes:
        with (self._folder / name).open("rb") as file:
            return file.read(MAX_TABLE_BYTES)
