"""The MIDI files in a zip archive, after its directory has been found harmless."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Final

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

_LOCAL_HEADER_BYTES: Final = 30
_END_RECORD: Final = b"PK\x05\x06"
_LOCATOR: Final = b"PK\x06\x07"
_LOCATOR_BYTES: Final = 20
_ENTRY_BYTES: Final = 256  # of a directory, at most on average
_ENCRYPTED: Final = 0x1


class ZipSource:
    """A zip archive as a source.

    Raises:
        ArchiveError: on opening or while reading, damaged or hostile.
        CorpusError: without a MIDI file.
    """

    def __init__(self, file: IO[bytes], label: str, limits: ArchiveLimits) -> None:
        self._limits = limits
        self.label = label
        self._archive_bytes = file.seek(0, 2)
        _check_directory_size(file, self._archive_bytes, label, limits)
        try:
            self._archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
            raise ArchiveError(f"{label} is a damaged zip archive ({error}); pack it again.") from error
        entries = self._archive.infolist()
        check_count(len(entries), label, limits)
        for entry in entries:
            _check_entry(entry, label)
        _check_overlaps(entries, label)
        in_order = sorted(entries, key=lambda entry: entry.filename)
        self._entries = [entry for entry in in_order if is_midi_name(entry.filename)]
        if not self._entries:
            raise CorpusError(f"{label} {NO_MIDI}")
        self.names = tuple(entry.filename for entry in self._entries)
        self._tables = {entry.filename: entry for entry in in_order if is_table_name(entry.filename)}
        self.table_names = tuple(self._tables)

    def __iter__(self) -> Iterator[SourceFile]:
        """Each MIDI file in the order of names."""
        unpacked = Unpacked(self.label, self._archive_bytes, self._limits)
        for entry in self._entries:
            yield SourceFile(entry.filename, self._read(entry, self._limits.max_file_bytes + 1, unpacked))

    def table(self, name: str) -> bytes:
        """The bytes of a table."""
        unpacked = Unpacked(self.label, self._archive_bytes, self._limits)
        return self._read(self._tables[name], MAX_TABLE_BYTES, unpacked)

    def _read(self, entry: zipfile.ZipInfo, most: int, unpacked: Unpacked) -> bytes:
        pieces: list[bytes] = []
        kept = 0
        for piece in self._pieces(entry):
            unpacked.add(len(piece))
            if kept < most:
                pieces.append(piece)
                kept += len(piece)
        return b"".join(pieces)[:most]

    def _pieces(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        try:
            with self._archive.open(entry) as member:
                while piece := member.read(READ_BYTES):
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
            raise ArchiveError(
                f"{entry.filename} in {self.label} cannot be unpacked ({error}); pack the archive again."
            ) from error


def _check_directory_size(file: IO[bytes], size: int, label: str, limits: ArchiveLimits) -> None:
    """Refuse a directory so large that listing it alone would fill the memory."""
    file.seek(max(0, size - 65_535 - 22 - _LOCATOR_BYTES))
    tail = file.read()
    found = tail.rfind(_END_RECORD)
    if found < 0 or found + 22 > len(tail):
        raise ArchiveError(f"{label} is a damaged zip archive (its directory is missing); pack it again.")
    count, directory_bytes = struct.unpack_from("<HI", tail, found + 10)
    locator = found - _LOCATOR_BYTES
    if locator >= 0 and tail[locator : locator + 4] == _LOCATOR:
        # A Zip64 record says the true figures, needed from 65,535 entries or 4 GiB on.
        file.seek(min(struct.unpack_from("<Q", tail, locator + 8)[0], size))
        record = file.read(56)
        if len(record) < 56:
            raise ArchiveError(f"{label} is a damaged zip archive (its directory is cut off); pack it again.")
        count, directory_bytes = struct.unpack_from("<QQ", record, 32)
    if count > limits.max_files or directory_bytes > _ENTRY_BYTES * limits.max_files:
        raise ArchiveError(f"{label} holds more than {limits.max_files:,} entries; split it.")
    file.seek(0)


def _check_entry(entry: zipfile.ZipInfo, label: str) -> None:
    # The name before zipfile cuts it at a NUL and turns backslashes.
    check_name(entry.orig_filename, label)
    where = f"{entry.filename!r} in {label}"
    if entry.flag_bits & _ENCRYPTED:
        raise ArchiveError(f"{where} is encrypted; pack the archive again without a password.")
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise refuse_special(entry.filename, label)
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ArchiveError(f"{where} is packed by an unusual method; pack it again as a plain .zip.")


def _check_overlaps(entries: list[zipfile.ZipInfo], label: str) -> None:
    """Refuse entries that share bytes, by which a small archive pretends to hold much."""
    in_order = sorted(entries, key=lambda entry: entry.header_offset)
    taken = 0
    for entry in in_order:
        if entry.header_offset < taken:
            raise ArchiveError(
                f"{entry.filename!r} in {label} overlaps another entry; pack the archive again."
            )
        taken = entry.header_offset + _LOCAL_HEADER_BYTES + len(entry.filename) + entry.compress_size
