"""A prepared corpus, read with NumPy alone: no MIDI library, no network.

A corpus is a folder::

    manifest.json          what is in it, where it came from, and the hash of every file below
    vocabulary.json        for `musicgen.representation.load_representation`
    <split>.tokens.npy     uint16 or int32 (tokens,): all pieces of a split, one after another
    <split>.values.npy     instead of it for continuous tones: float32 (cells, features)
    <split>.offsets.npy    int64 (pieces + 1,): piece i is tokens[offsets[i] : offsets[i + 1]]

for the splits train, validation and test.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar, overload

import numpy as np
import numpy.typing as npt

from musicgen.corpus.errors import CorpusError
from musicgen.representation import RepresentationError, Tones, Vocabulary, load_representation

FORMAT_VERSION: Final = 1
SPLITS: Final = ("train", "validation", "test")
MANIFEST: Final = "manifest.json"
VOCABULARY: Final = "vocabulary.json"

TokenArray = npt.NDArray[np.uint16] | npt.NDArray[np.int32]
ValueArray = npt.NDArray[np.float32]
PieceArray = TokenArray | ValueArray
Array = TypeVar("Array", bound=npt.NDArray[Any])


@dataclass(frozen=True, slots=True)
class Shape:
    """How the rows of a corpus lie on disk.

    Attributes:
        kind: "tokens" or "values", as the files are named.
        dtype: of the numbers.
        columns: () for tokens, (features,) for values.
    """

    kind: str
    dtype: np.dtype[Any]
    columns: tuple[int, ...] = ()

    @property
    def row_bytes(self) -> int:
        """Of a token or cell."""
        return self.dtype.itemsize * math.prod(self.columns)

    @classmethod
    def of(cls, representation: Vocabulary | Tones) -> Shape:
        """The shape of what a representation encodes to."""
        if isinstance(representation, Tones):
            return cls("values", np.dtype("<f4"), (representation.features,))
        # Half the disk where the vocabulary allows it.
        return cls("tokens", np.dtype("<u2" if representation.size <= 2**16 else "<i4"))


class _Rows(Sequence[Array]):
    """Pieces one after another in one array, each a read-only view of it."""

    def __init__(self, rows: Array, offsets: npt.NDArray[np.int64]) -> None:
        self._rows: Array = rows
        self.offsets = offsets

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @overload
    def __getitem__(self, index: int) -> Array: ...
    @overload
    def __getitem__(self, index: slice) -> list[Array]: ...
    def __getitem__(self, index: int | slice) -> Array | list[Array]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"piece {index} of {len(self)}")
        place = index % len(self)
        piece: Array = self._rows[self.offsets[place] : self.offsets[place + 1]]  # type: ignore[assignment]
        return piece

    def __iter__(self) -> Iterator[Array]:
        return (self[index] for index in range(len(self)))


class Pieces(_Rows[TokenArray]):
    """The pieces of a split, each a read-only array (n,) that stays on disk until used.

    Attributes:
        offsets: int64 (pieces + 1,), where each begins and the last ends.
    """

    @property
    def tokens(self) -> TokenArray:
        """uint16 or int32 (tokens,), all pieces one after another."""
        return self._rows


class Cells(_Rows[ValueArray]):
    """The pieces of a split as continuous tones, each read-only (n, features), on disk until used.

    Attributes:
        offsets: int64 (pieces + 1,), where each begins and the last ends.
    """

    @property
    def values(self) -> ValueArray:
        """float32 (cells, features), all pieces one after another."""
        return self._rows


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """A checked corpus: of tokens, or of continuous tones.

    Attributes:
        folder: where it lies.
        manifest: the content of manifest.json.
        representation: the vocabulary of its tokens, or the scaling of its tones.
        corpus_hash: SHA-256 in hex over vocabulary and shards; equal for equal corpora.
    """

    folder: Path
    manifest: Mapping[str, Any]
    representation: Vocabulary | Tones
    corpus_hash: str
    _pieces: Mapping[str, Pieces | Cells] = field(repr=False)

    @property
    def vocabulary(self) -> Vocabulary:
        """Of its tokens.

        Raises:
            CorpusError: it holds continuous tones.
        """
        if isinstance(self.representation, Tones):
            raise CorpusError(
                f"The corpus {self.folder} holds continuous tones and no tokens; prepare one with another "
                "representation, such as chords."
            )
        return self.representation

    @property
    def tones(self) -> Tones:
        """The scaling of its tones.

        Raises:
            CorpusError: it holds tokens.
        """
        if not isinstance(self.representation, Tones):
            raise CorpusError(
                f"The corpus {self.folder} holds tokens and no continuous tones; prepare one with "
                "--representation tones."
            )
        return self.representation

    def pieces(self, split: str) -> Pieces:
        """The pieces of a split as tokens: train, validation or test.

        Raises:
            CorpusError: no such split, or it holds continuous tones.
        """
        pieces = self._of(split)
        if isinstance(pieces, Cells):
            raise CorpusError(f"The corpus {self.folder} holds continuous tones and no tokens.")
        return pieces

    def cells(self, split: str) -> Cells:
        """The pieces of a split as continuous tones: train, validation or test.

        Raises:
            CorpusError: no such split, or it holds tokens.
        """
        pieces = self._of(split)
        if isinstance(pieces, Pieces):
            raise CorpusError(f"The corpus {self.folder} holds tokens and no continuous tones.")
        return pieces

    def _of(self, split: str) -> Pieces | Cells:
        if split not in self._pieces:
            raise CorpusError(f"There is no split {split!r}; a corpus has {', '.join(SPLITS)}.")
        return self._pieces[split]


def shard_names(kind: str = "tokens") -> tuple[str, ...]:
    """The files of a corpus of a kind, "tokens" or "values", beside its manifest."""
    return (VOCABULARY, *(f"{split}.{part}.npy" for split in SPLITS for part in (kind, "offsets")))


def _kind(hashes: Mapping[str, str]) -> str:
    return "values" if shard_names("values")[1] in hashes else "tokens"


def hash_of_file(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_of_corpus(hashes: Mapping[str, str]) -> str:
    """The hash of a corpus from the hashes of its files."""
    kind = _kind(hashes)
    lines = "".join(f"{name} {hashes[name]}\n" for name in shard_names(kind))
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
    kind = _kind(hashes)
    for name in shard_names(kind):
        if not (path / name).is_file() or hash_of_file(path / name) != hashes.get(name):
            raise CorpusError(
                f"{name} in the corpus {path} is missing or was changed; prepare the corpus again."
            )
    try:
        representation = load_representation(_read_json(path / VOCABULARY))
    except RepresentationError as error:
        raise CorpusError(f"The vocabulary of the corpus {path} cannot be used: {error}") from error
    rows = Cells if kind == "values" else Pieces
    if (kind == "values") != isinstance(representation, Tones):
        raise CorpusError(f"The shards of the corpus {path} are not of its vocabulary; prepare it again.")
    pieces = {
        split: rows(_load(path / f"{split}.{kind}.npy"), _load(path / f"{split}.offsets.npy"))
        for split in SPLITS
    }
    return Corpus(path, manifest, representation, hash_of_corpus(hashes), pieces)


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
