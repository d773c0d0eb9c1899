"""What has been examined, written down file by file, so that a run that was cut goes on.

A line of JSON for each file in `examined-<shard>-of-<shards>.jsonl`. Several machines may each
write a shard of their own into one folder; whoever reads it reads them all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from musicgen.corpus.errors import CorpusError
from musicgen.corpus.examining import EXAMINATION_VERSION, Examined

_FLUSH_EVERY: Final = 100  # files; so many at most are examined again after a crash


class Journal:
    """The files examined so far.

    Args:
        folder: made if missing; None keeps nothing.
        settings: under which files are examined; what was examined under others does not count.
        shard: which of how many shards this process writes.
    """

    def __init__(
        self, folder: Path | None, settings: dict[str, Any], shard: tuple[int, int] = (1, 1)
    ) -> None:
        self._folder = folder
        self._heading = {"examination_version": EXAMINATION_VERSION, "settings": settings}
        self._known: dict[tuple[str, str], tuple[Path, int]] = {}
        self._whole: dict[Path, int] = {}  # up to which byte the lines of a file are whole
        self._name = f"examined-{shard[0]}-of-{shard[1]}.jsonl"
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            for path in sorted(folder.glob("examined-*.jsonl")):
                self._list(path)

    def __len__(self) -> int:
        return len(self._known)

    def names(self) -> set[str]:
        """Of the files that were examined, whatever they hold by now."""
        return {name for name, _ in self._known}

    def find(self, name: str, sha256: str) -> Examined | None:
        """What was found in a file of that name and content; None if it was not examined yet."""
        place = self._known.get((name, sha256))
        if place is None:
            return None
        path, offset = place
        with path.open("rb") as file:
            file.seek(offset)
            return Examined.from_json(json.loads(file.readline()))

    @contextmanager
    def writing(self) -> Iterator[_Writer]:
        """A writer of further files; what it was told is on disk when this ends."""
        if self._folder is None:
            yield _Writer(None)
            return
        path = self._folder / self._name
        with path.open("r+b" if path in self._whole else "wb") as file:
            if path in self._whole:
                file.truncate(self._whole[path])  # a line that was cut must not run into the next
                file.seek(0, 2)
            else:
                file.write(json.dumps(self._heading, sort_keys=True).encode() + b"\n")
            yield _Writer(file)

    def _list(self, path: Path) -> None:
        with path.open("rb") as file:
            heading = file.readline()
            try:
                if json.loads(heading) != self._heading:
                    return
            except ValueError:
                return
            self._whole[path] = offset = len(heading)
            for line in file:
                if not line.endswith(b"\n"):
                    break  # cut while it was written, or still being written elsewhere
                try:
                    content = json.loads(line)
                    self._known[content["name"], content["sha256"]] = (path, offset)
                except (ValueError, KeyError, TypeError) as error:
                    raise CorpusError(f"{path} is damaged at byte {offset:,}; delete it.") from error
                offset += len(line)
                self._whole[path] = offset


class _Writer:
    def __init__(self, file: Any) -> None:
        self._file = file
        self._count = 0

    def write(self, examined: Examined) -> None:
        """Write a file down."""
        if self._file is None:
            return
        self._file.write(json.dumps(examined.to_json(), sort_keys=True).encode() + b"\n")
        self._count += 1
        if self._count % _FLUSH_EVERY == 0:
            self._file.flush()
