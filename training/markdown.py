"""The little Markdown that model cards are written in, as HTML.

Headings, paragraphs, lists, tables, fenced code, `code`, **bold**. Pictures are left out: the
page shows the card's one itself. Everything else, HTML included, is text: cards hold what
strangers wrote about their datasets.
"""

import re
from collections.abc import Iterator
from typing import Final

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

_HEADING: Final = re.compile(r"(#{1,4})\s+(.*)")
_ITEM: Final = re.compile(r"\s*[-*]\s+(.*)")
_RULE: Final = re.compile(r"\|?[\s:|-]*-[\s:|-]*")  # the line under a table's head
_PICTURE: Final = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_FENCE: Final = "```"


def to_html(text: str) -> SafeString:
    """Markdown as HTML. The first heading is a level 2, as the page has its own level 1."""
    lines = text.replace("\r\n", "\n").split("\n")
    blocks = _blocks(["" if _PICTURE.fullmatch(line.strip()) else line for line in lines])
    return mark_safe("\n".join(_block_html(block) for block in blocks))  # noqa: S308  # all text is escaped below


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """Runs of lines that belong together: fenced code, or what stands between empty lines."""
    block: list[str] = []
    is_fenced = False
    for line in lines:
        if line.startswith(_FENCE):
            if not is_fenced and block:
                yield block
                block = []
            block.append(line)
            if is_fenced:
                yield block
                block = []
            is_fenced = not is_fenced
        elif is_fenced or (line.strip() and not _HEADING.fullmatch(line)):
            block.append(line)
        else:
            if block:
                yield block
                block = []
            if line.strip():
                yield [line]
    if block:
        yield block


def _block_html(block: list[str]) -> str:
    first = block[0]
    if first.startswith(_FENCE):
        code = [line for line in block[1:] if not line.startswith(_FENCE)]
        return f"<pre><code>{escape(chr(10).join(code))}</code></pre>"
    heading = _HEADING.fullmatch(first)
    if heading:
        level = len(heading[1]) + 1
        return f"<h{level}>{_inline(heading[2])}</h{level}>"
    if len(block) > 1 and "|" in first and _RULE.fullmatch(block[1]):
        return _table_html(block)
    if _ITEM.match(first):
        return _list_html(block)
    return f"<p>{_inline(' '.join(line.strip() for line in block))}</p>"


def _list_html(block: list[str]) -> str:
    items: list[str] = []
    for line in block:
        item = _ITEM.match(line)
        if item:
            items.append(item[1])
        else:
            items[-1] += f" {line.strip()}"
    return "<ul>{}</ul>".format("".join(f"<li>{_inline(item)}</li>" for item in items))


def _table_html(block: list[str]) -> str:
    head = _cells(block[0])
    has_head = any(head)
    rows = "".join(_row_html(line) for line in block[2:])
    columns = "".join(f'<th scope="col">{_inline(cell)}</th>' for cell in head)
    top = f"<thead><tr>{columns}</tr></thead>" if has_head else ""
    return f'<div class="table-scroll"><table>{top}<tbody>{rows}</tbody></table></div>'


def _row_html(line: str) -> str:
    return "<tr>{}</tr>".format("".join(f"<td>{_inline(cell)}</td>" for cell in _cells(line)))


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _inline(text: str) -> str:
    safe = str(escape(text))
    safe = re.sub(r"`([^`]+)`", r"<code>\1</code>", safe)
    return re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", safe)
