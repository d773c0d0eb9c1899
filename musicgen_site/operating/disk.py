"""What fills the data folder, and what of it nothing points at any more."""

import errno
import re
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import DatabaseError

from generator.models import Song
from papers.models import PaperExport
from training.models import Checkpoint, Corpus, Dataset, Run

# What is younger may belong to a row that is just being written.
SAFE_AGE_SECONDS: Final = 24 * 3600
# SQLite's words, and the system's that PostgreSQL repeats.
_NO_ROOM: Final = re.compile(r"disk is full|disk I/O error|No space left on device", re.IGNORECASE)


def is_full_disk(error: BaseException | None) -> bool:
    """Whether an error, or one that it came from, says that a disk has no room left."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if isinstance(error, DatabaseError) and _NO_ROOM.search(str(error)):
            return True
        error = error.__cause__ or error.__context__
    return False


@dataclass(frozen=True, slots=True)
class Usage:
    """One folder of the data folder."""

    name: str
    bytes: int
    entries: int


@dataclass(frozen=True, slots=True)
class Orphan:
    """A folder or file that no row points at."""

    path: Path
    bytes: int


def disk_usage() -> list[Usage]:
    """Every folder and file right under the data folder, the largest first."""
    found = []
    for path in Path(settings.DATA_DIR).iterdir():
        entries = len(list(path.iterdir())) if path.is_dir() else 1
        found.append(Usage(path.name, size_of(path), entries))
    return sorted(found, key=lambda usage: (-usage.bytes, usage.name))


def orphans(*, now: float | None = None) -> list[Orphan]:
    """What no row points at and nobody has touched for a day."""
    data_dir = Path(settings.DATA_DIR)
    before = (now or time.time()) - SAFE_AGE_SECONDS
    named: dict[str, Callable[[], Iterable[str]]] = {
        "datasets": lambda: map(str, Dataset.objects.values_list("pk", flat=True)),
        "runs": lambda: map(str, Run.objects.values_list("pk", flat=True)),
        "songs": lambda: map(str, Song.objects.values_list("pk", flat=True)),
        "papers": lambda: map(str, PaperExport.objects.values_list("key", flat=True)),
        "checkpoints": lambda: Checkpoint.objects.values_list("slug", flat=True),
        "corpora": lambda: (corpus.folder.name for corpus in Corpus.objects.select_related("dataset")),
    }
    left = sorted([*data_dir.glob(".backup-*"), *data_dir.glob(".restore-*")])
    for folder, names in named.items():
        kept = set(names())
        left += [path for path in sorted((data_dir / folder).glob("*")) if path.name not in kept]
    return [Orphan(path, size_of(path)) for path in left if _newest(path) < before]


def orphan_remove(orphan: Orphan) -> None:
    """Remove it for good."""
    if orphan.path.is_dir() and not orphan.path.is_symlink():
        shutil.rmtree(orphan.path)
    else:
        orphan.path.unlink()


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files below a folder."""
    files = path.rglob("*") if path.is_dir() and not path.is_symlink() else [path]
    total = 0
    for file in files:
        try:
            status = file.lstat()
        except FileNotFoundError:  # the site goes on meanwhile
            continue
        total += status.st_size if not file.is_dir() else 0
    return total


def _newest(path: Path) -> float:
    """When anything in it was last written."""
    times = [path.lstat().st_mtime]
    if path.is_dir():
        times += [file.lstat().st_mtime for file in path.rglob("*")]
    return max(times)
