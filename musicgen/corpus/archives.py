"""What every kind of archive is checked for, and what is taken out of it.

Nothing is ever unpacked to disk: members of an archive are read into memory, a bounded piece
of each, and their names serve as labels only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, Protocol

from musicgen.corpus.errors import ArchiveError
from musicgen.midi.limits import DEFAULT_LIMITS

MIDI_SUFFIXES: Final = frozenset({".mid", ".midi", ".kar", ".rmi", ".smf"})
TABLE_SUFFIXES: Final = frozenset({".csv", ".tsv", ".json", ".xlsx"})  # in which datasets say what is in them
ARCHIVE_SUFFIXES: Final = frozenset({".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst"})
NO_MIDI: Final = "holds no MIDI file (.mid, .midi, .kar, .rmi, .smf)."
READ_BYTES: Final = 65_536  # of a member at once, so that a bomb is noticed while it unfolds
MAX_TABLE_BYTES: Final = 64 * 1024**2  # GiantMIDI-Piano's table, the largest known, has about 40


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """How much an archive may hold.

    Attributes:
        max_files: entries of any kind.
        max_total_bytes: of all that is unpacked.
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
    """The MIDI files of one place, and the tables beside them."""

    label: str
    """The name of the folder, archive or file."""
    names: tuple[str, ...]
    """Of the MIDI files, in the order in which they are read."""
    table_names: tuple[str, ...]
    """Of the tables (.csv, .tsv, .json, .xlsx), in the order of names."""

    def __iter__(self) -> Iterator[SourceFile]:
        """Each MIDI file, read when its turn comes."""
        ...

    def table(self, name: str) -> bytes:
        """The bytes of a table, at most 64 MiB."""
        ...


class Unpacked:
    """Counts what unfolds from an archive and stops it when that is too much."""

    def __init__(self, label: str, archive_bytes: int, limits: ArchiveLimits) -> None:
        self._label = label
        self._limits = limits
        self._most = max(limits.max_ratio * archive_bytes, limits.free_bytes)
        self._count = 0

    def add(self, count: int) -> None:
        """Count some bytes.

        Raises:
            ArchiveError: they are more than the limits allow.
        """
        self._count += count
        if self._count > self._most:
            raise ArchiveError(
                f"{self._label} unpacks to more than {self._limits.max_ratio:g} times its size, "
                "as no collection of MIDI files does; take out what is not music."
            )
        if self._count > self._limits.max_total_bytes:
            raise ArchiveError(
                f"{self._label} unpacks to more than {self._limits.max_total_bytes:,} bytes; split it."
            )


def is_midi_name(name: str) -> bool:
    """Whether an entry of an archive is a MIDI file by its name."""
    return PurePosixPath(name).suffix.lower() in MIDI_SUFFIXES and _is_wanted(name)


def is_table_name(name: str) -> bool:
    """Whether an entry of an archive is a table by its name."""
    return PurePosixPath(name).suffix.lower() in TABLE_SUFFIXES and _is_wanted(name)


def _is_wanted(name: str) -> bool:
    path = PurePosixPath(name)
    # macOS adds a shadow of each file, with the same suffix but no music.
    is_shadow = path.name.startswith("._") or path.parts[:1] == ("__MACOSX",)
    return not is_shadow and not name.endswith("/")


def check_count(count: int, label: str, limits: ArchiveLimits) -> None:
    """Refuse too many entries.

    Raises:
        ArchiveError: more than the limits allow.
    """
    if count > limits.max_files:
        raise ArchiveError(
            f"{label} holds {count:,} entries or more, at most {limits.max_files:,} are read; split it."
        )


def check_name(name: str, label: str) -> None:
    """Refuse an entry by its name.

    Args:
        name: as it is written in the archive.
        label: of the archive.

    Raises:
        ArchiveError: the name points outside the archive, or the entry is an archive itself.
    """
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or name.startswith(("/", "\\")) or ":" in parts[0] or "\0" in name:
        raise ArchiveError(f"{name!r} in {label} points outside the archive; pack it again without it.")
    if PurePosixPath(name).suffix.lower() in ARCHIVE_SUFFIXES:
        raise ArchiveError(
            f"{name!r} in {label} is an archive within the archive; unpack it and pack all files as one."
        )


def refuse_special(name: str, label: str) -> ArchiveError:
    """The error for an entry that is no file."""
    return ArchiveError(f"{name!r} in {label} is a link or a device, not a file; pack the file itself.")
