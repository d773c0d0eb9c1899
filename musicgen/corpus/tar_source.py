"""The MIDI files in a tar archive, packed by gzip, bzip2, xz or not at all.

A tar archive has no directory: it is read from the beginning to the end, once to see what is in
it and once more for the files. Both times every byte that unfolds is counted, whatever the
headers say.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from musicgen.corpus.archives import (
    MAX_TABLE_BYTES,
    NO_MIDI,
    READ_BYTES,
    ArchiveLimits,
    SourceFile,
    Unpacked,
    check_count,
    check_name,
    is_midi_name,
    is_table_name,
    refuse_special,
)
from musicgen.corpus.errors import ArchiveError, CorpusError

_BLOCK: Final = 512  # bytes; a header, and what members are filled up to
_MAX_NAME_BYTES: Final = 65_536  # of the extra headers that hold long names
_PACKINGS: Final[Mapping[bytes, Callable[[IO[bytes], str], Any]]] = {
    b"\x1f\x8b": gzip.open,
    b"BZ": bz2.open,
    b"\xfd7": lzma.open,
}
_DAMAGE: Final = (
    tarfile.HeaderError,
    lzma.LZMAError,
    zlib.error,
    EOFError,
    OSError,
    UnicodeError,
    ValueError,
)
_FILES: Final = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)
_LONG_NAME: Final = tarfile.GNUTYPE_LONGNAME
_EXTENDED: Final = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE)


class TarSource:
    """A tar archive as a source; its files come in the order in which they were packed.

    Raises:
        ArchiveError: on opening or while reading, damaged or hostile.
        CorpusError: without a MIDI file.
    """

    def __init__(self, path: Path, limits: ArchiveLimits) -> None:
        self._path = path
        self.label = path.name
        self._limits = limits
        names, tables = [], {}
        for count, (name, member) in enumerate(self._members(), start=1):
            check_count(count, path.name, limits)
            if is_midi_name(name):
                names.append(name)
            elif is_table_name(name):
                tables[name] = member.read(MAX_TABLE_BYTES)
        if not names:
            raise CorpusError(f"{path.name} {NO_MIDI}")
        self.names = tuple(names)
        self._tables = dict(sorted(tables.items()))
        self.table_names = tuple(self._tables)

    def __iter__(self) -> Iterator[SourceFile]:
        """Each MIDI file in the order of the archive."""
        for name, member in self._members():
            if is_midi_name(name):
                yield SourceFile(name, member.read(self._limits.max_file_bytes + 1))

    def table(self, name: str) -> bytes:
        """The bytes of a table."""
        return self._tables[name]

    def _members(self) -> Iterator[tuple[str, _Member]]:
        """Name and content of every file; each is to be read before the next is asked for."""
        label = self._path.name
        with _unpacking(self._path, self._limits) as stream:
            long_name = ""
            while (header := stream.read_block()) is not None:
                entry = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
                member = _Member(stream, entry.size)
                if entry.type == _LONG_NAME:
                    long_name = member.read(_MAX_NAME_BYTES).rstrip(b"\0").decode("utf-8", "surrogateescape")
                elif entry.type in _EXTENDED:
                    long_name = _path_of(member.read(_MAX_NAME_BYTES)) or long_name
                elif entry.type != tarfile.XGLTYPE:  # a remark on all that follows: nothing we need
                    # As text that can be written down, whatever bytes the name has.
                    name = (
                        (long_name or entry.name)
                        .encode("utf-8", "surrogateescape")
                        .decode("utf-8", "replace")
                    )
                    long_name = ""
                    check_name(name, label)
                    if entry.type in _FILES:
                        yield name.removeprefix("./"), member
                    elif entry.type != tarfile.DIRTYPE:
                        raise refuse_special(name, label)
                member.skip()


class _Stream:
    """The unpacked bytes of a tar archive, counted."""

    def __init__(self, file: IO[bytes], unpacked: Unpacked) -> None:
        self._file = file
        self._unpacked = unpacked

    def read(self, count: int) -> bytes:
        """So many bytes, at most `READ_BYTES`.

        Raises:
            EOFError: there are fewer.
        """
        data = self._file.read(count)
        self._unpacked.add(len(data))
        if len(data) < count:
            raise EOFError("it is cut off")
        return data

    def read_block(self) -> bytes | None:
        """The next header; None at the end of the archive, which a block of zeros marks."""
        data = self._file.read(_BLOCK)
        self._unpacked.add(len(data))
        if not data or not data.strip(b"\0"):
            return None
        if len(data) < _BLOCK:
            raise EOFError("it is cut off")
        return data


class _Member:
    """The content of one entry."""

    def __init__(self, stream: _Stream, size: int) -> None:
        if size < 0:
            raise ValueError("an entry has a negative size")
        self._stream = stream
        self._left = size
        self._filling = -size % _BLOCK

    def read(self, most: int) -> bytes:
        """What is left of the content, at most so much; what is beyond is skipped later."""
        pieces = []
        while (count := min(self._left, most, READ_BYTES)) > 0:
            pieces.append(self._stream.read(count))
            self._left -= count
            most -= count
        return b"".join(pieces)

    def skip(self) -> None:
        """Go to the end of the content and of its last block."""
        while self._left > 0:
            self._left -= len(self._stream.read(min(self._left, READ_BYTES)))
        self._stream.read(self._filling)
        self._filling = 0


@contextmanager
def _unpacking(path: Path, limits: ArchiveLimits) -> Iterator[_Stream]:
    with path.open("rb") as packed:
        start = packed.read(2)
        packed.seek(0)
        opener = _PACKINGS.get(start)
        unpacked = Unpacked(path.name, path.stat().st_size, limits)
        try:
            if opener is None:
                yield _Stream(packed, unpacked)
            else:
                with opener(packed, "rb") as file:
                    yield _Stream(file, unpacked)
        except CorpusError:  # a ValueError, too
            raise
        except _DAMAGE as error:
            raise ArchiveError(f"{path.name} is a damaged tar archive ({error}); pack it again.") from error


def _path_of(records: bytes) -> str:
    """The path that an extended header gives to the entry after it; empty if it gives none.

    Records are `<length> <key>=<value>` and a line feed, the length of the whole in decimal.
    """
    while records:
        digits, _, _ = records.partition(b" ")
        length = int(digits)
        if not 0 < length <= len(records):
            raise ValueError("an extended header is damaged")
        key, _, value = records[len(digits) + 1 : length - 1].partition(b"=")
        if key == b"path":
            return value.decode("utf-8", "surrogateescape")
        records = records[length:]
    return ""


def is_tar(path: Path) -> bool:
    """Whether a file is a tar archive, whatever it is packed by: its first header says so."""
    try:
        with _unpacking(path, ArchiveLimits()) as stream:
            header = stream.read_block()
            if header is None:
                return False
            tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
    except ArchiveError:
        return False
    return True
