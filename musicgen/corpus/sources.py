"""The MIDI files of a folder, a zip archive or a single file, one after another.

Nothing is ever unpacked to disk: members of an archive are read into memory, a bounded piece
of each, and their names serve as labels only. Knows no MIDI; what is inside a file is for
`read_midi` to judge.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final, Protocol

from musicgen.corpus.errors import ArchiveError, CorpusError
from musicgen.midi.limits import DEFAULT_LIMITS

MIDI_SUFFIXES: Final = frozenset({".mid", ".midi", ".kar", ".rmi", ".smf"})
_ARCHIVE_SUFFIXES: Final = frozenset({".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst"})
_READ_BYTES: Final = 65_536  # of a member at once, so that a bomb is noticed while it unfolds
_LOCAL_HEADER_BYTES: Final = 30
_END_RECORD: Final = b"PK\x05\x06"
_ENCRYPTED: Final = 0x1


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """How much an archive may hold.

    Attributes:
        max_files: entries of any kind.
        max_total_bytes: of all MIDI files in it, unpacked.
        max_ratio: bytes unpacked for each byte of the archive.
        free_bytes: unpacked before the ratio counts, so that a few small files always pass.
        max_file_bytes: kept of each file; one byte more is delivered of a longer one, so that
            its reader sees that it is too large.
    """

    max_files: int = 50_000
    max_total_bytes: int = 2 * 1024**3
    max_ratio: float = 100.0
    free_bytes: int = 1024**2
    max_file_bytes: int = DEFAULT_LIMITS.max_bytes


DEFAULT_ARCHIVE_LIMITS: Final = ArchiveLimits()


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file: its name within the source, with forward slashes, and its bytes."""

    name: str
    data: bytes


class Source(Protocol):
    """The MIDI files of one place, in the order of their names."""

    names: tuple[str, ...]

    def __iter__(self) -> Iterator[SourceFile]:
        """Each file, read when its turn comes."""
        ...


@contextmanager
def open_source(path: Path, limits: ArchiveLimits = DEFAULT_ARCHIVE_LIMITS) -> Iterator[Source]:
    """The MIDI files at a path.

    Args:
        path: a folder (searched to the bottom, links not followed), a zip archive, or a file.
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
            yield _ZipSource(file, path.name, limits)
    elif path.suffix.lower() in _ARCHIVE_SUFFIXES:
        raise ArchiveError(f"{path.name} is not a whole zip archive; pack the MIDI files as one .zip.")
    else:
        yield _FileSource(path.parent, (path.name,), limits)


def _folder(folder: Path, limits: ArchiveLimits) -> _FileSource:
    names = [
        found.relative_to(folder).as_posix()
        for found in folder.rglob("*")
        if found.suffix.lower() in MIDI_SUFFIXES and not found.is_symlink() and found.is_file()
    ]
    if not names:
        raise CorpusError(f"The folder {folder} holds no MIDI file (.mid, .midi, .kar, .rmi, .smf).")
    return _FileSource(folder, tuple(sorted(names)), limits)


class _FileSource:
    """Files on disk."""

    def __init__(self, folder: Path, names: tuple[str, ...], limits: ArchiveLimits) -> None:
        self._folder = folder
        self._limits = limits
        self.names = names

    def __iter__(self) -> Iterator[SourceFile]:
        for name in self.names:
            with (self._folder / name).open("rb") as file:
                yield SourceFile(name, file.read(self._limits.max_file_bytes + 1))


class _ZipSource:
    """The MIDI files in a zip archive, after its directory has been found harmless."""

    def __init__(self, file: IO[bytes], label: str, limits: ArchiveLimits) -> None:
        self._limits = limits
        self._label = label
        self._archive_bytes = file.seek(0, 2)
        _check_directory_size(file, self._archive_bytes, label, limits)
        try:
            self._archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
            raise ArchiveError(f"{label} is a damaged zip archive ({error}); pack it again.") from error
        entries = self._archive.infolist()
        if len(entries) > limits.max_files:
            raise ArchiveError(
                f"{label} holds {len(entries):,} entries, at most {limits.max_files:,} are read; split it."
            )
        for entry in entries:
            _check_entry(entry, label)
        _check_overlaps(entries, label)
        self._entries = sorted(
            (entry for entry in entries if _is_midi_name(entry.filename)), key=lambda entry: entry.filename
        )
        if not self._entries:
            raise CorpusError(f"{label} holds no MIDI file (.mid, .midi, .kar, .rmi, .smf).")
        self.names = tuple(entry.filename for entry in self._entries)

    def __iter__(self) -> Iterator[SourceFile]:
        unpacked = 0
        for entry in self._entries:
            pieces: list[bytes] = []
            kept = 0
            for piece in self._pieces(entry):
                unpacked += len(piece)
                self._check_unpacked(unpacked)
                if kept <= self._limits.max_file_bytes:
                    pieces.append(piece)
                    kept += len(piece)
            yield SourceFile(entry.filename, b"".join(pieces)[: self._limits.max_file_bytes + 1])

    def _pieces(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        try:
            with self._archive.open(entry) as member:
                while piece := member.read(_READ_BYTES):
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
            raise ArchiveError(
                f"{entry.filename} in {self._label} cannot be unpacked ({error}); pack the archive again."
            ) from error

    def _check_unpacked(self, unpacked: int) -> None:
        limits = self._limits
        if unpacked > max(limits.max_ratio * self._archive_bytes, limits.free_bytes):
            raise ArchiveError(
                f"{self._label} unpacks to more than {limits.max_ratio:g} times its size, "
                "as no collection of MIDI files does; take out what is not music."
            )
        if unpacked > limits.max_total_bytes:
            raise ArchiveError(
                f"{self._label} unpacks to more than {limits.max_total_bytes:,} bytes; split it."
            )


def _is_midi_name(name: str) -> bool:
    path = PurePosixPath(name)
    # macOS adds a shadow of each file, with the same suffix but no music.
    is_shadow = path.name.startswith("._") or path.parts[:1] == ("__MACOSX",)
    return path.suffix.lower() in MIDI_SUFFIXES and not is_shadow and not name.endswith("/")


def _check_directory_size(file: IO[bytes], size: int, label: str, limits: ArchiveLimits) -> None:
    """Refuse a directory so large that listing it alone would fill the memory."""
    file.seek(max(0, size - 65_535 - 22))
    tail = file.read()
    found = tail.rfind(_END_RECORD)
    if found < 0 or found + 22 > len(tail):
        raise ArchiveError(f"{label} is a damaged zip archive (its directory is missing); pack it again.")
    count, directory_bytes = struct.unpack_from("<HI", tail, found + 10)
    # All ones say that the true figures stand in a Zip64 record, needed from 65,535 entries on.
    if count == 0xFFFF or directory_bytes > 256 * limits.max_files:
        raise ArchiveError(f"{label} holds more than {limits.max_files:,} entries; split it.")
    file.seek(0)


def _check_entry(entry: zipfile.ZipInfo, label: str) -> None:
    name = entry.filename
    where = f"{name!r} in {label}"
    original = entry.orig_filename  # before zipfile cuts it at a NUL and turns backslashes
    parts = original.replace("\\", "/").split("/")
    if ".." in parts or original.startswith(("/", "\\")) or ":" in parts[0] or "\0" in original:
        raise ArchiveError(f"{original!r} in {label} points outside the archive; pack it again without it.")
    if entry.flag_bits & _ENCRYPTED:
        raise ArchiveError(f"{where} is encrypted; pack the archive again without a password.")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ArchiveError(f"{where} is a link or a device, not a file; pack the file itself.")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ArchiveError(f"{where} is packed by an unusual method; pack it again as a plain .zip.")
    if PurePosixPath(name).suffix.lower() in _ARCHIVE_SUFFIXES:
        raise ArchiveError(f"{where} is an archive within the archive; unpack it and pack all files as one.")


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
