"""The process in which a synthesizer runs: `python -m musicgen.audio.worker`.

It puts limits on itself, which the synthesizer inherits, so that they hold even when the
process that started it is gone. It trusts that its arguments were checked; it knows no
loudness and no formats. Exit codes: 0 done, 1 failed (why is on stderr), 3 the sound
is larger than allowed.
"""

from __future__ import annotations

import io
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

from musicgen.audio.errors import RenderError
from musicgen.audio.limits import CHANNELS, SAMPLE_RATE

FAILED: Final = 1
TOO_LARGE: Final = 3

MEMORY_BYTES: Final = 2 << 30  # the largest bundled soundfont decodes to about 0.3 GiB
BLOCK_FRAMES: Final = 65_536
FULL_SCALE: Final = 32_768  # of 16-bit samples, which midirenderer cuts off there
FLOAT_BYTES: Final = 4
HEADER_BYTES: Final = 128  # of a WAV file, at most
# Volumes tried, 12 dB apart: as loud as fits into 16 bits, so that soft notes keep their detail.
DOUBLINGS: Final = (1, 0, -1, -2, -3)

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


def render_with_midirenderer(midi: Path, soundfont: Path, out: Path, max_bytes: int) -> int:
    """Play by midirenderer into a 32-bit float WAV; returns an exit code.

    The whole sound lies in memory, so that what is too large is refused before it is made.
    """
    import midirenderer

    from musicgen.audio.frame_midi import frame_piece
    from musicgen.audio.sf3 import expand_sf3, has_drum_kit

    try:
        font = expand_sf3(soundfont.read_bytes())
        piece = frame_piece(midi.read_bytes(), drums=has_drum_kit(font))
        if piece.frame_count * CHANNELS * FLOAT_BYTES + HEADER_BYTES > max_bytes:
            return TOO_LARGE
        for doublings in DOUBLINGS:
            wav = midirenderer.render_wave_from(font, piece.midi(doublings))
            if _copied(wav, out):
                return 0
        raise RenderError("The sound is cut off at full scale however quietly it is played.")
    except (RenderError, ValueError, RuntimeError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return FAILED


def _copied(wav: bytes, out: Path) -> bool:
    """Write a WAV of 16 bits as one of 32-bit floats, unless it is clipped; whether it was written."""
    import numpy as np
    import soundfile

    samples, sample_rate = soundfile.read(io.BytesIO(wav), dtype="int16", always_2d=True)
    if samples.max(initial=0) == FULL_SCALE - 1 or samples.min(initial=0) == -FULL_SCALE:
        return False
    with soundfile.SoundFile(
        str(out), "w", sample_rate, samples.shape[1], subtype="FLOAT", format="WAV"
    ) as file:
        for start in range(0, len(samples), BLOCK_FRAMES):
            file.write(samples[start : start + BLOCK_FRAMES].astype(np.float32) / np.float32(FULL_SCALE))
    return True


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
    return render_with_midirenderer(midi, soundfont, out, max_bytes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
