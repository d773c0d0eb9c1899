"""Answers made of text are compressed on their way, where their length may tell what is in them.

Left as they are: the listening tests, whose lengths must not tell a real piece from a composed one;
what is written for one person alone (accounts, the admin, programs with tokens), where a guess that
comes back in a page could be read off its length; whatever streams, and whatever is sent in ranges.
"""

from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

_PLAIN: Final = (
    "/account/",
    "/admin/",
    "/api/",
    "/clips/",
    "/compare/",
    "/listening/",
    "/studies/",
    "/turing/",
)
_OF_TEXT: Final = frozenset(
    (
        *("text/html", "text/plain", "text/csv", "application/json", "application/rss+xml"),
        *("image/svg+xml", "application/vnd.recordare.musicxml+xml"),
    )
)


class CompressionMiddleware(GZipMiddleware):
    """Django's own, which adds bytes at random so that lengths say little, for some answers alone."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress it, or hand it on."""
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        is_whole = response.status_code == 200 and not response.streaming
        if not is_whole or kind not in _OF_TEXT or request.path.startswith(_PLAIN):
            return response
        return super().process_response(request, response)
