"""What several machines have encoded of one dataset, kept in a folder until it comes together.

`encoded-<key>-<share>-of-<shares>.rows` holds encoded pieces as they came and the `.json` beside it
where each lies; `vocabulary-<key>.json` is what they are written in. The key is a hash of all that
decides what is encoded and how: what was made under other settings, or of other files, is passed over.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from musicgen.corpus.encoding import Encoded
from musicgen.corpus.errors import CorpusError
from musicgen.corpus.packing import write_json
from musicgen.corpus.reader import FORMAT_VERSION, PieceArray, Shape

_SHARES_VERSION: Final = 1  # another one makes all that was encoded worthless


class Shares:
    """The shares in one folder that were made under the same settings.

    Args:
        folder: made if missing; None keeps nothing.
        decided: plain JSON values: all that decides what is encoded and how.
    """

    def __init__(self, folder: Path | None, decided: Mapping[str, Any]) -> None:
        content = json.dumps([_SHARES_VERSION, FORMAT_VERSION, decided], sort_keys=True)
        self._key = hashlib.sha256(content.encode()).hexdigest()[:16]
        self._folder = folder

    def vocabulary(self) -> dict[str, Any] | None:
        """What `keep_vocabulary` was given, on whatever machine; None if it was not yet.

        Raises:
            CorpusError: it is damaged.
        """
        path = self._folder and self._folder / f"vocabulary-{self._key}.json"
        return _read(path) if path and path.exists() else None

    def keep_vocabulary(self, content: Mapping[str, Any]) -> None:
        """Write down a vocabulary, or a scaling, for the other shares."""
        if self._folder is not None:
            _write(self._folder / f"vocabulary-{self._key}.json", content)

    def has(self, shard: tuple[int, int]) -> bool:
        """Whether a share is there."""
        return self._folder is not None and self._index(self._folder, shard).exists()

    @contextmanager
    def writing(self, shard: tuple[int, int], shape: Shape) -> Iterator[Encoded]:
        """A share to fill, which is there once all is written."""
        assert self._folder is not None, "a share is made to be kept"
        index = self._index(self._folder, shard)
        unfinished = index.with_suffix(".unfinished")
        with unfinished.open("w+b") as file:
            encoded = Encoded(file, shape)
            yield encoded
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(index.with_suffix(".rows"))
        _write(index, encoded.places)

    def pieces(self, shape: Shape) -> Iterator[tuple[str, list[tuple[int, PieceArray]]]]:
        """Name and pieces of every file of all shares that are there, each file once.

        Raises:
            CorpusError: a share is damaged.
        """
        seen: set[str] = set()
        for index in sorted(self._folder.glob(f"encoded-{self._key}-*.json")) if self._folder else ():
            places = _read(index)
            rows = index.with_suffix(".rows")
            ends = [row[1] + row[2] * shape.row_bytes for file in places.values() for row in file]
            if not rows.is_file() or rows.stat().st_size != max(ends, default=0):
                raise CorpusError(f"{rows} does not hold what {index.name} tells of; delete both.")
            with rows.open("rb") as file:
                encoded = Encoded(file, shape, places)
                for name in places:
                    if name not in seen:
                        seen.add(name)
                        shifts = [shift for _, shift, _ in encoded.listed([name])]
                        yield name, list(zip(shifts, encoded.pieces([name]), strict=True))

    def _index(self, folder: Path, shard: tuple[int, int]) -> Path:
        return folder / f"encoded-{self._key}-{shard[0]}-of-{shard[1]}.json"


def _write(path: Path, content: Mapping[str, Any]) -> None:
    """A file that is whole or not there, for others look into the folder meanwhile."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.unfinished")
    write_json(unfinished, content)
    unfinished.replace(path)


def _read(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
    except ValueError as error:
        raise CorpusError(f"{path} is damaged ({error}); delete it.") from error
    return content
