"""The cells of an .xlsx workbook's first sheet, as far as a dataset's table needs them.

A workbook is a zip archive of XML (ECMA-376). Formats, formulas and other sheets are passed over.
Nothing in it is trusted: sizes are bounded and XML that declares entities is not read.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as ET

_SHEET: Final = "xl/worksheets/sheet1.xml"
_STRINGS: Final = "xl/sharedStrings.xml"
_MOST_BYTES: Final = 32 * 1024**2  # of a part, unpacked
_DECLARATION: Final = re.compile(r"<!(?!--|\[CDATA\[)")
_COLUMN: Final = re.compile(r"[A-Z]{1,3}")
_SPACE: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def sheet_rows(data: bytes) -> Iterator[dict[str, str]]:
    """Each row below the first as texts under the first row's texts; none of what cannot be read."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            texts = [_text(item) for item in _part(book, _STRINGS).iterfind(f"{_SPACE}si")]
            rows = [_cells(row, texts) for row in _part(book, _SHEET).iter(f"{_SPACE}row")]
    except (zipfile.BadZipFile, KeyError, ValueError, IndexError, ET.ParseError, RuntimeError):
        return
    names = rows[0] if rows else {}
    for row in rows[1:]:
        yield {name: row.get(column, "") for column, name in names.items() if name}


def _part(book: zipfile.ZipFile, name: str) -> ET.Element:
    if name == _STRINGS and name not in book.namelist():  # a sheet of numbers needs none
        return ET.Element("sst")
    with book.open(name) as file:
        content = file.read(_MOST_BYTES + 1)
    text = content.decode("utf-8")  # as spreadsheet programs write it; in others "<!" could hide
    if len(content) > _MOST_BYTES or "\0" in text or _DECLARATION.search(text):
        raise ValueError(name)
    return ET.fromstring(text)  # noqa: S314  # it declares nothing, so there is nothing to expand


def _cells(row: ET.Element, texts: list[str]) -> dict[str, str]:
    """Text of every cell by its column's letters."""
    found: dict[str, str] = {}
    for cell in row.iterfind(f"{_SPACE}c"):
        column = _COLUMN.match(cell.get("r", ""))
        if column:
            value = cell.findtext(f"{_SPACE}v", "")
            kind = cell.get("t", "n")
            inline = cell.find(f"{_SPACE}is")
            if kind == "s":
                value = texts[int(value)]
            elif inline is not None:
                value = _text(inline)
            elif kind == "n":
                value = value.removesuffix(".0")
            found[column[0]] = value
    return found


def _text(item: ET.Element) -> str:
    """A string's text, whose parts may differ in format."""
    return "".join(part.text or "" for part in item.iter(f"{_SPACE}t"))
