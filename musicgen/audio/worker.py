"""The process in which a synthesizer runs: `python -m musicgen.audio.worker`.

It puts limits on itself, which the synthesizer inherits, so that they hold even when the
process that started it is gone. It trusts that its arguments were checked; it knows no
loudness, formats or scores. Exit codes: 0 done, 1 failed (why is on stderr), 3 the sound
is larger than allowed.
"""

from __future__ import annotations

import os
import resource
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from musicgen.audio.limits import CHANNELS, SAMPLE_RATE

FAILED: Final = 1
TOO_LARGE: Final = 3

MEMORY_BYTES: Final = 2 << 30  # the largest bundled soundfont decodes to about 0.3 GiB
BLOCK_FRAMES: Final = 65_536
TAIL_SECONDS: Final = 5.0  # after the last event the fallback plays on at most so long
TAIL_SILENCE: Final = 1e-4  # −80 dBFS: quieter than this, the last note has died away
DRUM_CHANNEL: Final = 9
CHANNEL_COUNT: Final = 16

# Quieter than full scale by far, so that the synthesizer's own limiting stays out of play;
# the config file of the machine or the user is not read; no soundfont but ours is loaded.
FLUIDSYNTH_OPTIONS: Final = (
    *("-q", "-f", os.devnull, "-g", "0.5", "-T", "wav", "-O", "float"),
    *("-o", "synth.default-soundfont=", "-o", "synth.cpu-cores=1", "-o", "synth.lock-memory=0"),
)


class _CheckedCaller:
    """What midi2audio sees as `subprocess`: adds our options and keeps the exit code.

    midi2audio itself passes no options and forgets whether FluidSynth succeeded.
    """

    def __init__(self) -> None:
        self.returncode = 0
        self.complaint = ""

    def call(self, command: list[str]) -> int:
        done = subprocess.run(
            [command[0], *FLUIDSYNTH_OPTIONS, *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
        )
        self.returncode = done.returncode
        self.complaint = done.stderr[-500:].decode(errors="replace").strip()
        return done.returncode


def render_with_fluidsynth(midi: Path, soundfont: Path, out: Path) -> int:
    """Play by FluidSynth through midi2audio into a 32-bit float WAV; returns an exit code."""
    import midi2audio

    caller = _CheckedCaller()
    midi2audio.subprocess = caller
    midi2audio.FluidSynth(str(soundfont), sample_rate=SAMPLE_RATE).midi_to_audio(str(midi), str(out))
    if caller.returncode == -signal.SIGXFSZ:
        return TOO_LARGE
    if caller.returncode != 0:
        print(f"FluidSynth ended with {caller.returncode}: {caller.complaint}", file=sys.stderr)  # noqa: T201
        return FAILED
    return 0


def render_with_tinysoundfont(midi: Path, soundfont: Path, out: Path, max_bytes: int) -> int:
    """Play by tinysoundfont into a 32-bit float WAV; returns an exit code."""
    import soundfile

    written = 0
    with soundfile.SoundFile(str(out), "w", SAMPLE_RATE, CHANNELS, subtype="FLOAT", format="WAV") as file:
        for block in _tinysoundfont_blocks(midi, soundfont):
            written += len(block)
            if written > max_bytes:
                return TOO_LARGE
            file.buffer_write(block, dtype="float32")
    return 0


def _tinysoundfont_blocks(midi: Path, soundfont: Path) -> Iterator[bytes]:
    import numpy as np
    import tinysoundfont

    synth = tinysoundfont.Synth(samplerate=SAMPLE_RATE)
    font = synth.sfload(_even_sample_chunk(soundfont.read_bytes()))
    for channel in range(CHANNEL_COUNT):
        _select_program(synth, channel, 0)
    events = tinysoundfont.midi.load(str(midi), persistent=False)
    for event in events:
        action = event.action
        is_program = isinstance(action, tinysoundfont.midi.ProgramChange)
        # Without the instrument the channel would keep the last one it had; FluidSynth
        # takes the piano, and so both synthesizers play the same.
        if is_program and event.channel != DRUM_CHANNEL and not synth.sfpreset_name(font, 0, action.program):
            action.program = 0
    sequencer = tinysoundfont.Sequencer(synth)
    sequencer.add(events)
    while not sequencer.is_empty():
        yield bytes(synth.generate(BLOCK_FRAMES))
    for _ in range(int(TAIL_SECONDS * SAMPLE_RATE / BLOCK_FRAMES)):
        block = bytes(synth.generate(BLOCK_FRAMES))
        yield block
        if np.abs(np.frombuffer(block, dtype=np.float32)).max() < TAIL_SILENCE:
            return


def _select_program(synth: Any, channel: int, program: int) -> None:
    try:
        synth.program_change(channel, program, channel == DRUM_CHANNEL)
    except RuntimeError:
        synth.program_unset(channel)  # a soundfont without drums leaves their channel silent


def _even_sample_chunk(data: bytes) -> bytes:
    """A soundfont whose chunk of samples has an even length.

    RIFF pads a chunk of odd length with a byte that its length does not count; the loader
    of tinysoundfont forgets to skip it and refuses the file. Counting the byte in changes
    nothing else.
    """
    at = data.find(b"sdtasmpl")
    if at < 0:
        return data  # not a soundfont: the loader says so
    length_at = at + 8
    (length,) = struct.unpack_from("<I", data, length_at)
    if length % 2 == 0:
        return data
    return data[:length_at] + struct.pack("<I", length + 1) + data[length_at + 4 :]


def _limit_self(max_bytes: int, cpu_seconds: int) -> None:
    for kind, value in (
        (resource.RLIMIT_FSIZE, max_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (allowed, allowed))


def main(arguments: list[str]) -> int:
    """Render; arguments: synthesizer, MIDI, soundfont, WAV, largest bytes, CPU seconds."""
    synthesizer, midi, soundfont, out = arguments[0], *map(Path, arguments[1:4])
    max_bytes, cpu_seconds = map(int, arguments[4:])
    _limit_self(max_bytes, cpu_seconds)
    if synthesizer == "fluidsynth":
        return render_with_fluidsynth(midi, soundfont, out)
    return render_with_tinysoundfont(midi, soundfont, out, max_bytes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
