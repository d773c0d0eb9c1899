"""What a backup holds, written at its end: every file with its size and SHA-256."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

FORMAT: Final = "musicgen-backup"
VERSION: Final = 1
MANIFEST_NAME: Final = "manifest.json"
# What a site cannot be put together from again: the rest of the data folder is caches, sockets, and
# uploads that are still arriving.
KEPT_FOLDERS: Final = (
    *("datasets", "corpora", "runs", "checkpoints", "songs", "prompts"),
    *("excerpts", "leaderboard", "papers"),
)
KEPT_FILES: Final = ("secret_key", "signing_key")
SQLITE_NAME: Final = "db.sqlite3"
POSTGRES_NAME: Final = "db.pgdump"
MOST_MANIFEST_BYTES: Final = 2**30


class BackupError(Exception):
    """A backup cannot be made, is damaged, or cannot be put back here; the message says what to do."""


@dataclass(frozen=True, slots=True)
class KeptFile:
    """One file of a backup."""

    bytes: int
    sha256: str


@dataclass(slots=True)
class Manifest:
    """The list of what a backup holds.

    Attributes:
        made_at: ISO 8601, UTC.
        database: "sqlite" or "postgresql".
        migrations: the last one applied, by app: an older program cannot read a newer database.
        files: by path inside the archive.
        gone: files that were deleted while the backup was made.
    """

    made_at: str
    database: str
    migrations: dict[str, str]
    files: dict[str, KeptFile] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)

    def to_bytes(self) -> bytes:
        """As JSON."""
        content = {
            "format": FORMAT,
            "version": VERSION,
            "made_at": self.made_at,
            "database": self.database,
            "migrations": self.migrations,
            "files": {name: [kept.bytes, kept.sha256] for name, kept in sorted(self.files.items())},
            "gone": self.gone,
        }
        return json.dumps(content, indent=1).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Manifest:
        """What `to_bytes` wrote.

        Raises:
            BackupError: it is something else, or of another version.
        """
        try:
            content: Mapping[str, Any] = json.loads(data)
            if content["format"] != FORMAT or content["version"] != VERSION:
                raise BackupError(
                    f"This backup has version {content['version']}, this program reads {VERSION}."
                )
            files = {name: KeptFile(size, digest) for name, (size, digest) in content["files"].items()}
            return cls(
                content["made_at"],
                content["database"],
                dict(content["migrations"]),
                files,
                list(content["gone"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise BackupError(f"The manifest of this backup cannot be read ({error}).") from error
