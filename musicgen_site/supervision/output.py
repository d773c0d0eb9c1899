"""One stream for the lines of many processes: each line is whole and says whose it is."""

from __future__ import annotations

import os
from typing import Final, TextIO

_COLOURS: Final = (36, 32, 33, 35, 34, 96, 92, 93, 95, 94)  # ANSI foregrounds that read on dark and light
_BOLD: Final = "\033[1m"
_PLAIN: Final = "\033[0m"
_LONGEST_LINE_BYTES: Final = 64 * 1024  # a part that never ends its line must not fill the memory


class PrefixedOutput:
    """Writes lines with a coloured name of fixed width before them.

    Args:
        stream: Where the lines go.
        width: Columns kept for the name.
        colour: Whether to colour; decide by `wants_colour`.

    Attributes:
        lost: Whether nobody can read what is written any more.
    """

    def __init__(self, stream: TextIO, *, width: int, colour: bool) -> None:
        self._stream = stream
        self._width = width
        self._colour = colour
        self._codes: dict[str, int] = {}
        self.lost = False

    def line(self, name: str, text: str, *, strong: bool = False) -> None:
        """Write one line of `name`; `strong` lines stand out on a terminal."""
        prefix = f"{name:<{self._width}} | "
        if self._colour:
            code = self._codes.setdefault(name, _COLOURS[len(self._codes) % len(_COLOURS)])
            prefix = f"\033[{code}m{prefix}{_PLAIN}"
            text = f"{_BOLD}{text}{_PLAIN}" if strong else text
        try:
            self._stream.write(f"{prefix}{text}\n")
            self._stream.flush()
        except OSError:  # the terminal is closed, or the reader of a pipe is gone
            self.lost = True


class LineBuffer:
    """Cuts the bytes of one process into lines."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """Return the lines that `data` completes."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _LONGEST_LINE_BYTES:
            lines.append(self._rest)
            self._rest = b""
        return [line.decode(errors="replace").rstrip("\r") for line in lines]

    def end(self) -> list[str]:
        """Return what was left without an end of line."""
        return self.feed(b"\n") if self._rest else []


def wants_colour(stream: TextIO) -> bool:
    """Return whether `stream` is a terminal and its user did not ask for none (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
