"""A prepared corpus, read with NumPy alone: no MIDI library, no network.

A corpus is a folder::

    manifest.json          what is in it, where it came from, and the hash of every file below
    vocabulary.json        for `musicgen.representation.load_vocabulary`
    <split>.tokens.npy     uint16 or int32 (tokens,): all pieces of a split, one after another
    <split>.offsets.npy    int64 (pieces + 1,): piece i is tokens[offsets[i] : offsets[i + 1]]

for the splits train, validation and test.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, overload

import numpy as np
import numpy.typing as npt

from musicgen.corpus.errors import CorpusError
from musicgen.representation import RepresentationError, Vocabulary, load_vocabulary

FORMAT_VERSION: Final = 1
SPLITS: Final = ("train", "validation", "test")
MANIFEST: Final = "manifest.json"
VOCABULARY: Final = "vocabulary.json"

TokenArray = npt.NDArray[np.uint16] | npt.NDArray[np.int32]


class Pieces(Sequence[TokenArray]):
    """The pieces of a split, each a read-only array (n,) that stays on disk until used.

    Attributes:
        tokens: uint16 or int32 (tokens,), all pieces one after another.
        offsets: int64 (pieces + 1,), where each begins and the last ends.
    """

    def __init__(self, tokens: TokenArray, offsets: npt.NDArray[np.int64]) -> None:
        self.tokens = tokens
        self.offsets = offsets

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @overload
    def __getitem__(self, index: int) -> TokenArray: ...
    @overload
    def __getitem__(self, index: slice) -> list[TokenArray]: ...
    def __getitem__(self, index: int | slice) -> TokenArray | list[TokenArray]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"piece {index} of {len(self)}")
        place = index % len(self)
        return self.tokens[self.offsets[place] : self.offsets[place + 1]]

    def __iter__(self) -> Iterator[TokenArray]:
        return (self[index] for index in range(len(self)))


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """A checked corpus.

    Attributes:
        folder: where it lies.
        manifest: the content of manifest.json.
        vocabulary: of its tokens.
        corpus_hash: SHA-256 in hex over vocabulary and shards; equal for equal corpora.
    """

    folder: Path
    manifest: Mapping[str, Any]
    vocabulary: Vocabulary
    corpus_hash: str
    _pieces: Mapping[str, Pieces] = field(repr=False)

    def pieces(self, split: str) -> Pieces:
        """The pieces of a split: train, validation or test.

        Raises:
            CorpusError: no such split.
        """
        if split not in self._pieces:
            raise CorpusError(f"There is no split {split!r}; a corpus has {', '.join(SPLITS)}.")
        return self._pieces[split]


def shard_names() -> tuple[str, ...]:
    """The files of a corpus beside its manifest."""
    return (VOCABULARY, *(f"{split}.{kind}.npy" for split in SPLITS for kind in ("tokens", "offsets")))


def hash_of_file(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_of_corpus(hashes: Mapping[str, str]) -> str:
    """The hash of a corpus from the hashes of its files."""
    lines = "".join(f"{name} {hashes[name]}\n" for name in shard_names())
    return hashlib.sha256(lines.encode()).hexdigest()


def open_corpus(path: Path) -> Corpus:
    """The corpus in a folder, its hashes checked.

    Raises:
        CorpusError: no corpus, of another version, incomplete or changed since it was prepared.
    """
    manifest = _read_json(path / MANIFEST)
    if manifest.get("format_version") != FORMAT_VERSION:
        raise CorpusError(
            f"The corpus {path} has format version {manifest.get('format_version')!r}, this program reads "
            f"{FORMAT_VERSION}; prepare it again."
        )
    hashes = manifest.get("sha256")
    if not isinstance(hashes, dict):
        raise CorpusError(f"The manifest of the corpus {path} lists no hashes; prepare it again.")
    for name in shard_names():
        if not (path / name).is_file() or hash_of_file(path / name) != hashes.get(name):
            raise CorpusError(
                f"{name} in the corpus {path} is missing or was changed; prepare the corpus again."
            )
    try:
        vocabulary = load_vocabulary(_read_json(path / VOCABULARY))
    except RepresentationError as error:
        raise CorpusError(f"The vocabulary of the corpus {path} cannot be used: {error}") from error
    pieces = {
        split: Pieces(_load(path / f"{split}.tokens.npy"), _load(path / f"{split}.offsets.npy"))
        for split in SPLITS
    }
    return Corpus(path, manifest, vocabulary, hash_of_corpus(hashes), pieces)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CorpusError(f"{path} cannot be read ({error}); is this the folder of a corpus?") from error
    if not isinstance(content, dict):
        raise CorpusError(f"{path} is not what belongs into a corpus; prepare it again.")
    return content


def _load(path: Path) -> npt.NDArray[Any]:
    array: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return array
