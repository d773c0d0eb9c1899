"""Pictures that commands write beside their tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from musicgen.cli.errors import CommandError
from musicgen.cli.output import check_target, write_whole

if TYPE_CHECKING:
    from musicgen.statistics import SongStatistics

PICTURE_SUFFIXES: Final = (".svg", ".png")


def check_picture(path: Path) -> None:
    """Find out before the work whether a picture can be put there.

    Raises:
        CommandError: an unknown kind of picture, or no place for it.
    """
    if path.suffix.lower() not in PICTURE_SUFFIXES:
        raise CommandError(f"There is no picture format {path.suffix!r}; name a file .svg or .png.")
    check_target(path)


def write_picture(path: Path, sets: Mapping[str, Sequence[SongStatistics]]) -> None:
    """Draw how the measures are spread in some sets of songs; see `draw_measures`."""
    from musicgen.statistics.pictures import draw_measures  # loads matplotlib

    write_whole(path, draw_measures(sets, path.suffix.lower().removeprefix(".")))
