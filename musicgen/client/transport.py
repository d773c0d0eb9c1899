"""Requests to a site: sent, tried again where that is safe, their errors in words."""

from __future__ import annotations

import json
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from http.client import HTTPMessage
from typing import IO, Any, Final

import musicgen

TIMEOUT_SECONDS: Final = 60
TRIES: Final = 4
LONGEST_WAIT_SECONDS: Final = 60.0
_BUSY: Final = frozenset({429, 502, 503, 504})


class SiteError(Exception):
    """A site that cannot be reached, or that refuses what is asked; the message says why.

    Attributes:
        status: of the answer; None where there was none.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class _SameSite(urllib.request.HTTPRedirectHandler):
    """Follows no redirect to another site: the token must not go there."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """The request that follows, on the same site only."""
        followed = super().redirect_request(req, fp, code, msg, headers, newurl)
        if followed is not None and followed.host != req.host:
            raise SiteError(f"The site sends this on to {followed.host}; name that one if it is right.")
        return followed


class Transport:
    """Sends requests to one site.

    Args:
        address: of the site, such as https://music.example.org.
        token: shown with every request; "" for none.

    Raises:
        SiteError: an address that is none.
    """

    def __init__(self, address: str, token: str) -> None:
        parts = urllib.parse.urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise SiteError(f"{address!r} is no site; name it like https://music.example.org.")
        self.address = address.rstrip("/")
        self._token = token
        self._opener = urllib.request.build_opener(_SameSite())

    def exchange(
        self,
        method: str,
        path: str,
        content: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Send JSON, get JSON.

        A POST carries a key of its own, so that one tried again does its work once.

        Raises:
            SiteError: no answer, or one that refuses.
        """
        body = None if content is None else json.dumps(content).encode()
        sent = {"Accept": "application/json", "Content-Type": "application/json", **(headers or {})}
        if method == "POST":
            sent["Idempotency-Key"] = secrets.token_hex(16)
        data = self._tried(method, path, sent, body)
        return json.loads(data) if data else None

    def content(self, path: str) -> bytes:
        """The content of an address.

        Raises:
            SiteError: no answer, or one that refuses.
        """
        return self._tried("GET", path, {}, None)

    def form(self, path: str, fields: Mapping[str, str | Sequence[str]]) -> Any:
        """Send the fields of a form, get JSON.

        Raises:
            SiteError: no answer, or one that refuses.
        """
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        headers["Idempotency-Key"] = secrets.token_hex(16)
        body = urllib.parse.urlencode(fields, doseq=True).encode()
        return json.loads(self._tried("POST", path, headers, body))

    def piece(self, path: str, headers: Mapping[str, str], body: bytes) -> None:
        """Send bytes; tried once.

        Raises:
            SiteError: no answer, or one that refuses.
        """
        self._once("PATCH", path, headers, body)

    def _tried(self, method: str, path: str, headers: Mapping[str, str], body: Any) -> bytes:
        for attempt in range(1, TRIES + 1):
            try:
                return self._once(method, path, headers, body)
            except SiteError as error:
                if attempt == TRIES or (error.status is not None and error.status not in _BUSY):
                    raise
                time.sleep(min(LONGEST_WAIT_SECONDS, getattr(error, "wait_seconds", 0.5 * 2**attempt)))
        raise AssertionError  # the last attempt returned or raised

    def _once(self, method: str, path: str, headers: Mapping[str, str], body: Any) -> bytes:
        request = urllib.request.Request(  # noqa: S310  # http and https alone: see __init__
            self.address + path, data=body, method=method, headers={**self._own_headers(), **headers}
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            raise _refusal(error) from None
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            reason = getattr(error, "reason", error)
            raise SiteError(f"{self.address} does not answer ({reason}); is the site running?") from None

    def _own_headers(self) -> dict[str, str]:
        own = {"User-Agent": f"musicgen/{musicgen.__version__}"}
        return {**own, "Authorization": f"Bearer {self._token}"} if self._token else own


def _refusal(error: urllib.error.HTTPError) -> SiteError:
    """The problem details of an answer, as an error in words."""
    try:
        problem = json.loads(error.read())
        words = str(problem["detail"])
        words += "".join(f" {one['field']}: {one['message']}" for one in problem.get("errors", ()))
    except (ValueError, KeyError, TypeError):
        words = f"The site answers {error.code} {error.reason}."
    found = SiteError(words, error.code)
    wait = error.headers.get("Retry-After", "")
    if wait.isdigit():
        found.wait_seconds = float(wait)  # type: ignore[attr-defined]
    return found
