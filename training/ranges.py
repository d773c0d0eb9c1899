"""A file as an HTTP answer that understands byte ranges (RFC 9110, sections 13 and 14).

Browsers seek in audio by asking for ranges; Django's own file answers know none. Knows nothing
of songs. A file is sent in blocks, and one answer to a player's open range is short: the player
asks again for what follows, so that a page that has paused does not hold a web worker.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header, http_date, parse_etags

BLOCK_BYTES: Final = 64 * 1024
OPEN_RANGE_BYTES: Final = 1024 * 1024  # about a minute of Opus, and no more than a socket's buffers hold
_RANGE: Final = re.compile(r"(\d*)-(\d*)", re.ASCII)
_MOST_DIGITS: Final = 18  # longer numbers are no positions in a file


class UnsatisfiableRangeError(ValueError):
    """The range asked for lies outside of the file."""


@dataclass(frozen=True)
class ByteRange:
    """Bytes `start` to `stop`, the last not included; `is_open` where no end was asked for."""

    start: int
    stop: int
    is_open: bool = False


def parse_range(header: str, size: int) -> ByteRange | None:
    """What a Range header asks of a file.

    Args:
        header: the header's value.
        size: of the file in bytes.

    Returns:
        One range inside of the file; None where the header must be ignored: another unit, bad
        syntax, or several ranges at once, to all of which the whole file is the right answer.

    Raises:
        UnsatisfiableRangeError: well-formed, but no byte of the file is in it.
    """
    unit, _, wanted = header.partition("=")
    if unit.strip().lower() != "bytes":
        return None
    match = _RANGE.fullmatch(wanted.strip())
    if match is None or any(len(digits) > _MOST_DIGITS for digits in match.groups()):
        return None
    first, last = match.groups()
    if first:
        start, stop = int(first), int(last) + 1 if last else size
        if last and stop <= start:
            return None  # "5-3" is no range at all
    elif last:
        start, stop = max(size - int(last), 0), size
        if int(last) == 0:
            raise UnsatisfiableRangeError(header)
    else:
        return None
    if start >= size:
        raise UnsatisfiableRangeError(header)
    return ByteRange(start, min(stop, size), is_open=bool(first) and not last)


@dataclass(frozen=True)
class RangedFile:
    """A file that never changes under its ETag.

    Attributes:
        path: of the file.
        content_type: its media type.
        etag: names these bytes, without quotes (their SHA-256).
        cache_control: what caches may do.
        download_name: as an attachment of that name; shown or played in place where empty.
    """

    path: Path
    content_type: str
    etag: str
    cache_control: str
    download_name: str = ""

    def response(self, request: HttpRequest) -> HttpResponseBase:
        """The answer to a GET or HEAD for this file: 200, 206, 304 or 416.

        Raises:
            FileNotFoundError: the file is gone.
        """
        stat = self.path.stat()
        modified = int(stat.st_mtime)
        answer: HttpResponseBase
        if self._is_unchanged(request, modified):
            answer = HttpResponse(status=304)
        else:
            answer = self._content(request, stat.st_size, modified)
        answer["ETag"] = f'"{self.etag}"'
        answer["Last-Modified"] = http_date(modified)
        answer["Cache-Control"] = self.cache_control
        answer["Accept-Ranges"] = "bytes"
        return answer

    def _is_unchanged(self, request: HttpRequest, modified: int) -> bool:
        """Whether the asker already has these bytes."""
        none_match = request.headers.get("If-None-Match")
        if none_match is not None:
            # A weak comparison, as section 13.1.2 demands for this header.
            known = {tag.removeprefix("W/") for tag in parse_etags(none_match)}
            return "*" in known or f'"{self.etag}"' in known
        since = _timestamp(request.headers.get("If-Modified-Since", ""))
        return since is not None and modified <= since

    def _content(self, request: HttpRequest, size: int, modified: int) -> HttpResponseBase:
        wanted: ByteRange | None = None
        header = request.headers.get("Range")
        # Ranges are defined for GET alone; a HEAD learns the whole length.
        if header and request.method == "GET" and self._range_holds(request, modified):
            try:
                wanted = parse_range(header, size)
            except UnsatisfiableRangeError:
                return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
        if wanted is None:
            return self._bytes(request, ByteRange(0, size), status=200)
        if wanted.is_open and not self.download_name:
            wanted = ByteRange(wanted.start, min(wanted.stop, wanted.start + OPEN_RANGE_BYTES))
        answer = self._bytes(request, wanted, status=206)
        answer["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{size}"
        return answer

    def _range_holds(self, request: HttpRequest, modified: int) -> bool:
        """Whether If-Range, if there is one, names the file as it is now (compared strongly)."""
        condition = request.headers.get("If-Range")
        if condition is None:
            return True
        condition = condition.strip()
        if condition.startswith(('"', "W/")):
            return condition == f'"{self.etag}"'
        return _timestamp(condition) == modified

    def _bytes(self, request: HttpRequest, part: ByteRange, *, status: int) -> HttpResponseBase:
        answer: HttpResponseBase
        if request.method == "HEAD":
            answer = HttpResponse(content_type=self.content_type, status=status)
        else:
            answer = StreamingHttpResponse(
                _blocks(self.path, part), content_type=self.content_type, status=status
            )
        answer["Content-Length"] = str(part.stop - part.start)
        disposition = content_disposition_header(bool(self.download_name), self.download_name)
        if disposition:
            answer["Content-Disposition"] = disposition
        return answer


def _blocks(path: Path, part: ByteRange) -> Iterator[bytes]:
    left = part.stop - part.start
    with path.open("rb") as file:
        file.seek(part.start)
        while left > 0 and (block := file.read(min(BLOCK_BYTES, left))):
            left -= len(block)
            yield block


def _timestamp(date: str) -> int | None:
    """Seconds of an HTTP date; None where it is none."""
    try:
        return int(parsedate_to_datetime(date).timestamp())
    except (TypeError, ValueError, OverflowError):
        return None
