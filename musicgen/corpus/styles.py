"""What the pieces of a source are told apart by: the folders they lie in, or what its dataset says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

from musicgen.corpus.errors import CorpusError
from musicgen.corpus.survey import FileReport

STYLES_BY: Final = ("folder", "dataset")
_ODD: Final = re.compile(r"[^\w.+-]+")  # not in a token's name


def styles_of(reports: Sequence[FileReport], styles_by: str) -> Mapping[str, str]:
    """The style of every taken file that has one, by the file's name.

    Args:
        reports: on all files.
        styles_by: "folder", "dataset", or "" for no styles at all.

    Raises:
        CorpusError: an unknown way, or one that tells nothing here.
    """
    if not styles_by:
        return {}
    if styles_by not in STYLES_BY:
        raise CorpusError(f"Styles cannot be told by {styles_by!r}; known: {', '.join(STYLES_BY)}.")
    taken = [report for report in reports if report.split]
    folders = _folders([report.name for report in taken])
    found = {
        report.name: _ODD.sub("-", folder if styles_by == "folder" else report.style).strip("-")
        for report, folder in zip(taken, folders, strict=True)
    }
    styles = {name: style for name, style in found.items() if style}
    if not styles:
        raise CorpusError(f"No file here has a style by {styles_by}; leave styles out.")
    return styles


def _folders(names: Sequence[str]) -> list[str]:
    """The first folder of each name that not all have in common; empty where there is none."""
    parts = [PurePosixPath(name).parts[:-1] for name in names]
    depth = 0
    while parts and all(len(each) > depth for each in parts) and len({each[depth] for each in parts}) == 1:
        depth += 1
    return [each[depth] if len(each) > depth else "" for each in parts]
