"""Work for music21, done in a process of its own with limits on time and memory.

music21 takes a second to load, hundreds of megabytes where scores are long, and may hang on odd
ones. None of that must happen to whoever asks.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import musicgen
from musicgen.notation.errors import NotationError, NotationLimitError

_KEPT_VARIABLES: Final = ("PATH", "LANG", "LD_LIBRARY_PATH", "TMPDIR")
_SAID_BYTES: Final = 2000  # of what the process complained


@dataclass(frozen=True, slots=True)
class NotationLimits:
    """What working on one score may take.

    Attributes:
        max_notes: of the score.
        max_seconds: of wall time.
        max_memory_bytes: of the process.
    """

    max_notes: int = 20_000
    max_seconds: float = 120.0
    max_memory_bytes: int = 2 << 30


DEFAULT_LIMITS: Final = NotationLimits()


def run_worker(task: str, content: Mapping[str, Any], limits: NotationLimits) -> bytes:
    """What `musicgen.notation.worker` answers to a task.

    Args:
        task: see there.
        content: of plain JSON values.
        limits: for the process.

    Raises:
        NotationLimitError: it took too long or too much memory.
        NotationError: it failed.
    """
    with tempfile.TemporaryDirectory(prefix="notation-") as folder:
        command = [sys.executable, "-m", "musicgen.notation.worker", task]
        command += [str(limits.max_memory_bytes), str(int(limits.max_seconds) + 5)]
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=_environment(folder),
            start_new_session=True,
        )
        try:
            answer, said = process.communicate(json.dumps(content).encode(), timeout=limits.max_seconds)
        except subprocess.TimeoutExpired:
            raise NotationLimitError(
                f"Writing the notation took more than {limits.max_seconds:g} s and was stopped. "
                "Shorten the piece."
            ) from None
        finally:
            _kill_group(process)
    if process.returncode != 0:
        complaint = said[-_SAID_BYTES:].decode(errors="replace").strip().splitlines()
        if complaint and complaint[-1].startswith("MemoryError"):
            raise NotationLimitError("The notation of the piece does not fit in memory. Shorten it.")
        raise NotationError(f"music21 failed: {complaint[-1] if complaint else process.returncode}")
    return answer


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _environment(home: str) -> dict[str, str]:
    """What the worker may know: no secrets, no configuration of the user's."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    package_root = str(Path(musicgen.__file__).parents[1])
    return {**kept, "HOME": home, "PYTHONPATH": package_root, "OPENBLAS_NUM_THREADS": "1"}
