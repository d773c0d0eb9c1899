"""Loading Keras without the chatter of its backend."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Final

_STDERR: Final = 2  # the file descriptor, which code that is not Python writes to


@contextlib.contextmanager
def quiet_loading() -> Iterator[None]:
    """Silence what TensorFlow says while it is imported, and its log afterwards.

    Its first lines come before it has read any setting, so they are kept from the terminal
    itself; Python's own errors are raised as ever.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept = os.dup(_STDERR)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, _STDERR)
        yield
    finally:
        os.dup2(kept, _STDERR)
        os.close(kept)
        os.close(nowhere)
