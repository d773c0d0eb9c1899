"""What commands print and write: JSON or lines on stdout, a progress bar on stderr, whole files."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from musicgen.cli.errors import CommandError


def print_json(value: Any) -> None:
    """Print a value as JSON, for programs to read."""
    print(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def printable(text: str) -> str:
    """Text from a file, safe on a terminal: control characters are shown, not obeyed."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def say(text: str) -> None:
    """A remark for the person at the terminal, on stderr so that it mixes with no result."""
    print(printable(text), file=sys.stderr)


def say_beside_bar(text: str) -> None:
    """A remark while a progress bar is shown, above the bar."""
    from tqdm import tqdm

    tqdm.write(printable(text), file=sys.stderr)


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns; the first column to the left, the others to the right.

    Args:
        rows: the headings first; all of one length.
    """
    safe = [[printable(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in safe) for column in range(len(safe[0]))]
    for row in safe:
        first, *others = (
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join([first, *others]).rstrip())


def clock(seconds: float) -> str:
    """A duration as people write it, 3:07 or 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@contextlib.contextmanager
def progress_bar(what: str, unit: str) -> Iterator[Callable[[float, float], None]]:
    """A bar on stderr, where that is a terminal; gone at the end.

    Args:
        what: is going on, in a word or two.
        unit: of what is counted.

    Yields:
        A function to be told (done, total).
    """
    from tqdm import tqdm

    bar = tqdm(desc=what, unit=unit, file=sys.stderr, disable=None, leave=False, dynamic_ncols=True)

    def show(done: float, total: float) -> None:
        bar.total = total
        bar.update(done - bar.n)

    try:
        yield show
    finally:
        bar.close()


def check_target(path: Path) -> None:
    """Find out before the work whether a file can be put there.

    Raises:
        CommandError: its folder does not exist, or it is a folder itself.
    """
    if not path.parent.is_dir():
        raise CommandError(f"The folder {path.parent} for {path.name} does not exist; make it first.")
    if path.is_dir():
        raise CommandError(f"{path} is a folder; name a file.")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is never seen half written."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            part.unlink()
