"""A stranger's MIDI file, read in a process of its own and written anew.

The reader refuses what is hostile before its parser sees it. Should it be wrong for once, a process
with limits on time and memory is lost, and whoever asked is told so. `python -m
musicgen.midi.guarded` is that process: a file comes in, the same music in our own bytes goes out.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import musicgen
from musicgen.midi.errors import DamagedMidiError, MidiError, MidiLimitError
from musicgen.midi.limits import DEFAULT_LIMITS, MidiLimits
from musicgen.midi.reader import read_midi
from musicgen.midi.writer import write_midi

_CPU_SECONDS: Final = 20  # a file at the limits takes two
_CLOCK_SECONDS: Final = 300  # a process that waits; one that computes ends by its CPU time
_MEMORY_BYTES: Final = 1 << 30
_REFUSED: Final = 3  # exit code: the file was refused, and why stands on standard error
_KEPT_VARIABLES: Final = ("PATH", "LANG", "LD_LIBRARY_PATH", "TMPDIR")


def clean_midi(content: bytes, limits: MidiLimits = DEFAULT_LIMITS) -> bytes:
    """The music of a file that may be hostile, as a file that we wrote ourselves.

    Raises:
        MidiError: it is not MIDI, damaged, over a limit, or reading it took too much time or memory.
    """
    if len(content) > limits.max_bytes:
        raise MidiLimitError(
            f"The file has {len(content):,} bytes, at most {limits.max_bytes:,} are read; send a shorter one."
        )
    with tempfile.TemporaryDirectory(prefix="midi-") as folder:
        command = [sys.executable, "-m", "musicgen.midi.guarded", str(limits.max_bytes)]
        command += [str(limits.max_notes), str(limits.max_tracks), str(limits.max_seconds)]
        try:
            done = subprocess.run(
                command,
                input=content,
                capture_output=True,
                cwd=folder,
                env=_environment(folder),
                timeout=_CLOCK_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise MidiLimitError(
                f"Reading the file was not done after {_CLOCK_SECONDS} s: the machine is too busy, or the "
                "file too long. Try again later, or send a shorter one."
            ) from None
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise MidiLimitError(
            f"Reading the file took more than {_CPU_SECONDS} s and was stopped. Send a shorter one."
        )
    if done.returncode == _REFUSED:
        raise MidiError(done.stderr.decode(errors="replace").strip())
    if done.returncode != 0:
        raise DamagedMidiError(
            "The file could not be read: it is damaged, or too much for the memory it may have."
        )
    return done.stdout


def _environment(home: str) -> dict[str, str]:
    """What the process may know: no secrets, no configuration."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    package_root = str(Path(musicgen.__file__).parents[1])
    return {**kept, "HOME": home, "PYTHONPATH": package_root, "OPENBLAS_NUM_THREADS": "1"}


def main(arguments: list[str]) -> int:
    """Read standard input, write standard output. Arguments: the four limits."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS + 1))
    max_bytes, max_notes, max_tracks = (int(text) for text in arguments[:3])
    limits = MidiLimits(max_bytes, max_notes, max_tracks, float(arguments[3]))
    try:
        sys.stdout.buffer.write(write_midi(read_midi(sys.stdin.buffer.read(), limits)))
    except MidiError as error:
        sys.stderr.write(str(error))
        return _REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
