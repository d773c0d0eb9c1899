"""Sends a file to a site piece by piece (tus 1.0.0), and goes on after a cut where it was."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from musicgen.client.transport import SiteError, Transport

PIECE_BYTES: Final = 8 * 2**20  # a request for each: short enough for any proxy's patience
TRIES: Final = 8  # without a byte that arrived, before it is given up
LONGEST_WAIT_SECONDS: Final = 60.0
# No answer; not at this offset, or the cut request still holds the file; too many; a proxy's own.
_GO_ON: Final = frozenset({None, 409, 423, 429, 502, 503, 504})
_TUS: Final = {"Tus-Resumable": "1.0.0"}
_BYTES: Final = {"Content-Type": "application/offset+octet-stream"}


def send_file(transport: Transport, address: str, path: Path, on_bytes: Callable[[int], None]) -> str:
    """Send all of a file.

    Args:
        address: of the site's uploads.
        on_bytes: told how many of its bytes have arrived.

    Returns:
        The upload's id.

    Raises:
        SiteError: the site refuses it, or did not answer time and again.
    """
    size = path.stat().st_size
    name = base64.b64encode(path.name.encode()).decode()
    told: dict[str, Any] = transport.exchange(
        "POST",
        address,
        headers={**_TUS, "Upload-Length": str(size), "Upload-Metadata": f"filename {name}"},
    )
    here = f"{address}/{told['id']}"
    offset, failures = 0, 0
    with path.open("rb") as file:
        while offset < size:
            file.seek(offset)
            piece = file.read(PIECE_BYTES)
            if not piece:
                raise SiteError(f"{path} became shorter while it was sent; send it again.")
            headers = {**_TUS, **_BYTES, "Upload-Offset": str(offset)}
            before = offset
            try:
                transport.piece(here, headers, piece)
                offset += len(piece)
            except SiteError as error:
                if error.status not in _GO_ON or failures == TRIES:
                    raise
                time.sleep(min(LONGEST_WAIT_SECONDS, 0.25 * 2**failures))
                offset = int(transport.exchange("GET", here)["offset"])
            failures = 0 if offset > before else failures + 1
            on_bytes(offset)
    return str(told["id"])
