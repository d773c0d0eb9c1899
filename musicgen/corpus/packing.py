"""Writes the files of a corpus into a folder of its own and puts it in place whole."""

from __future__ import annotations

import fcntl
import glob
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from musicgen.corpus.errors import CorpusError
from musicgen.corpus.reader import MANIFEST, PieceArray, Shape

_SETTLED_SECONDS: Final = 60.0  # a folder younger than this may not be held yet by its maker


@contextmanager
def folder_in_place(out: Path, marker: str = MANIFEST) -> Iterator[Path]:
    """A folder to write into that becomes `out` when all is written, or vanishes on an error.

    Args:
        out: made, or replaced where it holds an older one.
        marker: the file by which an older one is known.

    Raises:
        CorpusError: `out` is there and is neither such a folder nor an empty one.
    """
    if out.exists() and not (out / marker).is_file() and not (out.is_dir() and not any(out.iterdir())):
        what = "corpus" if marker == MANIFEST else "index"
        raise CorpusError(f"{out} is there and is no {what}; choose another folder, or empty it first.")
    out.parent.mkdir(parents=True, exist_ok=True)
    _clear_abandoned(out)
    workplace = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    held = _lock(workplace)
    try:
        yield workplace
        workplace.chmod(0o755)  # mkdtemp makes it for one user alone
        if out.exists():
            former = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
            out.replace(former)
            workplace.replace(out)
            shutil.rmtree(former)
        else:
            workplace.replace(out)
        _sync(out.parent)
    finally:
        shutil.rmtree(workplace, ignore_errors=True)
        if held is not None:
            os.close(held)


def _clear_abandoned(out: Path) -> None:
    """Remove what processes that were killed have left: folders that none holds any more."""
    for folder in out.parent.glob(f".{glob.escape(out.name)}.*"):
        with suppress(FileNotFoundError):  # another process was quicker
            if folder.is_dir() and time.time() - folder.stat().st_mtime > _SETTLED_SECONDS:
                held = _lock(folder)
                if held is not None:
                    shutil.rmtree(folder, ignore_errors=True)
                    os.close(held)


def _lock(folder: Path) -> int | None:
    """Hold a folder for as long as this process lives; None if another does."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """JSON in one form only, on disk when this returns."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        json.dump(content, file, ensure_ascii=False, indent=1, sort_keys=True)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())


def write_split(
    folder: Path, split: str, lengths: Sequence[int], pieces: Iterable[PieceArray], shape: Shape
) -> int:
    """The shards of a split, on disk when this returns; memory holds one piece at a time.

    Args:
        folder: of the corpus.
        split: its name.
        lengths: of the pieces.
        pieces: the same ones, in the same order.
        shape: of their rows.

    Returns:
        How many rows they hold.
    """
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    write_array(folder / f"{split}.offsets.npy", offsets)
    with (folder / f"{split}.{shape.kind}.npy").open("wb") as file:
        heading = {
            "descr": shape.dtype.str,
            "fortran_order": False,
            "shape": (int(offsets[-1]), *shape.columns),
        }
        np.lib.format.write_array_header_1_0(file, heading)
        for piece in pieces:
            file.write(piece.astype(shape.dtype).tobytes())
        file.flush()
        os.fsync(file.fileno())
    return int(offsets[-1])


def write_array(path: Path, array: npt.NDArray[Any]) -> None:
    """An array as a .npy file, on disk when this returns."""
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Make the renaming in a folder last."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
