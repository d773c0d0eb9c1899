"""What published datasets say about their files: composer, title, work, split, licence.

A layout is known by the tables a dataset brings or by the names of its files, wherever in a
folder or archive it lies. What a layout does not say stays empty; nothing is guessed.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Final

from musicgen.corpus.archives import Source
from musicgen.corpus.spreadsheet import sheet_rows

SPLIT_NAMES: Final = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "test": "test",
}
DASTGAHS: Final = ("shur", "segah", "chahargah", "homayoun", "mahur", "nava", "rast panjgah")
_MOST_FOREIGN: Final = 0.1  # of a dataset's files may be named otherwise and it is still known
_MD5: Final = re.compile(r"[0-9a-f]{32}")
_MSD_TRACK: Final = re.compile(r"TR[A-Z0-9]{16}")
_GIANT_NAME: Final = re.compile(r"(?P<surname>[^,]*), (?P<first>[^,]*), (?P<music>.*), (?P<video>[\w-]{11})")
_VERSION: Final = re.compile(r"\.\d+$")  # of a song in Lakh's clean_midi: "Title.2.mid"
_POP909: Final = re.compile(r"(?i)(?:^|/)pop909[^/]*/(?:.*/)?(\d{3})(?:/versions/[^/]+|/\1|)\.midi?$")
_NUMBERED: Final = re.compile(r"^\s*\d+\s*[.)_-]\s*")  # "12. Kereshme"


@dataclass(frozen=True, slots=True)
class Origin:
    """What is known of a file's music; empty where it is not.

    Attributes:
        composer: as the dataset writes the name.
        title: of the piece.
        work: equal for files of one work (versions, performances, arrangements), within a dataset.
        style: what the dataset calls its groups: a dastgah, a genre.
        split: "train", "validation" or "test" where the dataset gives one.
        licence: of the dataset or of the file.
        curated: whether the file is in the subset that the dataset itself has checked.
    """

    composer: str = ""
    title: str = ""
    work: str = ""
    style: str = ""
    split: str = ""
    licence: str = ""
    curated: bool = True


@dataclass(frozen=True, slots=True)
class Origins:
    """What a dataset says about its files.

    Attributes:
        layout: "MAESTRO", "GiantMIDI-Piano", "Lakh", "Persian radif", "POP909", "manifest" or
            "plain".
        by_name: the origin of each file, by its name within the source.
    """

    layout: str
    by_name: Mapping[str, Origin]


def origins_of(source: Source) -> Origins:
    """Find out which dataset a source is, and what it says about each file."""
    tables = _Tables(source)
    for layout, read in _LAYOUTS.items():
        found = read(source.names, tables)
        if found:
            plain = {name: Origin(title=PurePosixPath(name).stem) for name in source.names}
            return Origins(layout, {**plain, **found})
    raise AssertionError("the plain layout takes every file")


class _Tables:
    """The tables of a source, read when a layout asks."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def path(self, name: str) -> str:
        """A file's name with that of the folder or archive around it, which may tell the dataset."""
        return f"{self._source.label}/{name}"

    def rows(self, *columns: str) -> Iterator[tuple[str, dict[str, str]]]:
        """Folder of the table and row, of every table but .json that has all these columns."""
        for name in self._source.table_names:
            if name.lower().endswith(".xlsx"):
                folder = PurePosixPath(name).parent.as_posix()
                rows = sheet_rows(self._source.table(name))
                yield from ((folder, row) for row in rows if set(columns) <= row.keys())
            elif not name.lower().endswith(".json"):
                # Names in old datasets are in whatever encoding their maker had.
                text = self._source.table(name).decode("utf-8-sig", "replace")
                folder = PurePosixPath(name).parent.as_posix()
                with contextlib.suppress(csv.Error):  # a table of something else
                    for row in _rows_of(text, columns):
                        yield folder, row

    def json(self, ending: str) -> Mapping[str, object]:
        """The first JSON object in a file of that name; empty without one."""
        for name in self._source.table_names:
            if PurePosixPath(name).name == ending:
                try:
                    content = json.loads(self._source.table(name))
                except ValueError:
                    continue
                if isinstance(content, dict):
                    return content
        return {}


def _rows_of(text: str, columns: Sequence[str]) -> Iterator[dict[str, str]]:
    first = text.partition("\n")[0]
    lines = io.StringIO(text, newline="")
    if first.count("\t") > first.count(","):
        reader = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    else:
        reader = csv.DictReader(lines)
    if set(columns) <= set(reader.fieldnames or ()):
        for row in reader:
            yield {key: value or "" for key, value in row.items() if key}


_Found = dict[str, Origin]


def _are_most(chosen: Sized, names: Sequence[str]) -> bool:
    """Whether so few files are named otherwise that they do not speak against a layout."""
    return len(chosen) >= max(1.0, (1 - _MOST_FOREIGN) * len(names))


def _by_ending(names: Sequence[str]) -> dict[str, str]:
    """Names by their last two parts and by the last alone, to find a table's files by."""
    endings: dict[str, str] = {}
    for name in names:
        parts = name.split("/")
        for count in (1, 2):
            endings.setdefault("/".join(parts[-count:]), name)
    return endings


def _maestro(names: Sequence[str], tables: _Tables) -> _Found:
    endings = _by_ending(names)
    found: _Found = {}
    for _, row in tables.rows("canonical_composer", "canonical_title", "split", "midi_filename"):
        name = endings.get("/".join(row["midi_filename"].split("/")[-2:]))
        if name:
            composer, title = row["canonical_composer"].strip(), row["canonical_title"].strip()
            found[name] = Origin(
                composer=composer,
                title=title,
                work=f"{composer}: {title}",
                split=SPLIT_NAMES.get(row["split"].strip().lower(), ""),
                licence="CC BY-NC-SA 4.0",
            )
    return found


def _giant_midi(names: Sequence[str], tables: _Tables) -> _Found:
    found_matches = ((name, _GIANT_NAME.fullmatch(PurePosixPath(name).stem)) for name in names)
    matches = {name: match for name, match in found_matches if match}
    if not _are_most(matches, names):
        return {}
    rows = {row["youtube_id"]: row for _, row in tables.rows("surname", "firstname", "music", "youtube_id")}
    found: _Found = {}
    for name, match in matches.items():
        row = rows.get(match["video"], {})
        composer = f"{match['surname']}, {match['first']}"
        checked = row.get("surname_in_youtube_title", "").strip()
        found[name] = Origin(
            composer=composer,
            title=match["music"],
            work=f"{composer}: {match['music']}",
            split=SPLIT_NAMES.get(row.get("split", "").strip().lower(), ""),
            licence="CC BY 4.0",
            curated=checked in ("1", "1.0", "True")
            if checked
            else "surname_checked" in tables.path(name) or not rows,
        )
    return found


def _lakh(names: Sequence[str], tables: _Tables) -> _Found:
    clean = [name for name in names if "clean_midi" in tables.path(name).split("/")[:-2]]
    if _are_most(clean, names):
        return {name: _clean(name) for name in clean}
    by_md5 = [name for name in names if _MD5.fullmatch(PurePosixPath(name).stem)]
    if not _are_most(by_md5, names):
        return {}
    known = tables.json("md5_to_paths.json")
    found: _Found = {}
    for name in by_md5:
        paths = known.get(PurePosixPath(name).stem)
        title = PurePosixPath(str(paths[0])).stem if isinstance(paths, list) and paths else ""
        track = next((part for part in name.split("/") if _MSD_TRACK.fullmatch(part)), "")
        found[name] = Origin(title=title, work=track, licence="CC BY 4.0")
    return found


def _clean(name: str) -> Origin:
    path = PurePosixPath(name)
    artist, title = path.parent.name, _VERSION.sub("", path.stem)
    return Origin(composer=artist, title=title, work=f"{artist}: {title}", licence="CC BY 4.0")


def _radif(names: Sequence[str], tables: _Tables) -> _Found:
    found: _Found = {}
    for name in names:
        folders = tables.path(name).split("/")[:-1]
        place = next((i for i, part in enumerate(folders) if _plain(part) in DASTGAHS), None)
        if place is not None:
            title = _NUMBERED.sub("", PurePosixPath(name).stem)
            mode = " / ".join(dict.fromkeys(folders[place:]))
            found[name] = Origin(title=title, work=f"{mode}: {PurePosixPath(name).stem}", style=mode)
    return found if _are_most(found, names) else {}


def _plain(text: str) -> str:
    return re.sub(r"[\s_-]+", " ", text).strip().lower()


def _pop909(names: Sequence[str], tables: _Tables) -> _Found:
    titles = {
        row["song_id"].strip().zfill(3): row for _, row in tables.rows("song_id", "name")
    }  # its index.xlsx, or that saved as .csv
    found: _Found = {}
    for name in names:
        match = _POP909.search(tables.path(name))
        if match:
            row = titles.get(match[1], {})
            found[name] = Origin(
                composer=row.get("artist", ""),
                title=row.get("name", match[1]),
                work=f"POP909 {match[1]}",
                licence="MIT",
                curated="/versions/" not in name,
            )
    return found if _are_most(found, names) else {}


def _manifest(names: Sequence[str], tables: _Tables) -> _Found:
    """A table of one's own: a column "file", and any of the attributes of `Origin` beside it."""
    known = set(names)
    found: _Found = {}
    for folder, row in tables.rows("file"):
        inside = (row["file"], f"{row.get('split', '')}/{row['file']}")
        candidates = [(PurePosixPath(folder) / path).as_posix() for path in inside]
        name = next((name for name in candidates if name in known), None)
        if name:
            stem = PurePosixPath(name).stem
            found[name] = Origin(
                composer=row.get("composer", ""),
                title=row.get("title", "") or stem,
                work=row.get("work", ""),
                style=row.get("style", "") or row.get("dataset", ""),
                split=SPLIT_NAMES.get(row.get("split", "").strip().lower(), ""),
                licence=row.get("licence", "") or row.get("license", ""),
            )
    splits = {origin.split for origin in found.values()} - {""}
    if len(splits) == 1:  # the name of the pack and no split
        found = {name: replace(origin, split="") for name, origin in found.items()}
    return found


def _plain_files(names: Sequence[str], tables: _Tables) -> _Found:
    about = tables.json("chorales.json")  # what `musicgen.corpus.chorales` writes beside its files
    licence = str(about.get("licence", ""))
    return {name: Origin(title=PurePosixPath(name).stem, licence=licence) for name in names}


# In the order in which they are tried: those with tables of their own first.
_LAYOUTS: Final[Mapping[str, Callable[[Sequence[str], _Tables], _Found]]] = {
    "MAESTRO": _maestro,
    "manifest": _manifest,
    "GiantMIDI-Piano": _giant_midi,
    "Lakh": _lakh,
    "POP909": _pop909,
    "Persian radif": _radif,
    "plain": _plain_files,
}
