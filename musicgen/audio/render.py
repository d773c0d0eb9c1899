"""MIDI → WAV: a synthesizer in a process of its own, within limits, its work checked.

FluidSynth plays where the machine has it, midirenderer (a Python wheel) elsewhere; the
result has the same shape: 48 kHz, stereo, 32-bit float, not yet levelled.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import musicgen
from musicgen.audio import worker
from musicgen.audio.errors import RenderError, RenderLimitError, SilentAudioError
from musicgen.audio.limits import CHANNELS, DEFAULT_LIMITS, SAMPLE_RATE, RenderLimits
from musicgen.audio.soundfonts import Synthesizer, checked_soundfont, soundfont_for
from musicgen.midi import DEFAULT_LIMITS as MIDI_LIMITS
from musicgen.midi import ReadResult, read_midi_report, write_midi
from musicgen.midi.chunks import read_chunks
from musicgen.score import Score

# A synthesizer that stops this much before the last note ends has failed.
_SHORTFALL_SECONDS: Final = 1.0
_KEPT_VARIABLES: Final = ("PATH", "LANG", "LD_LIBRARY_PATH", "TMPDIR")


@dataclass(frozen=True, slots=True)
class RenderedAudio:
    """A rendered WAV file, as the synthesizer made it.

    Attributes:
        path: the file: 48 kHz, stereo, 32-bit float.
        seconds: its length, the dying away of the last note included.
        score_seconds: when the last note ends.
        sample_rate: frames a second.
        synthesizer: which one played.
        soundfont: name of the soundfont's file, without folder.
    """

    path: Path
    seconds: float
    score_seconds: float
    sample_rate: int
    synthesizer: Synthesizer
    soundfont: str


def installed_synthesizer() -> Synthesizer:
    """The synthesizer that will play: FluidSynth if it is on PATH, else the fallback."""
    return "fluidsynth" if shutil.which("fluidsynth") else "midirenderer"


def render_wav(
    midi: bytes | Path, out: Path, *, soundfont: Path | None = None, limits: RenderLimits = DEFAULT_LIMITS
) -> RenderedAudio:
    """Play a MIDI file into a WAV file.

    With the same MIDI, soundfont and synthesizer the samples are the same each time.

    Args:
        midi: the bytes of a MIDI file, or where it is.
        out: the WAV file to write; replaced if it is there.
        soundfont: an SF2 or SF3 file; chosen by the instruments when left out.
        limits: how long and large it may become.

    Raises:
        MidiError: not a MIDI file, damaged, or past the reader's limits.
        RenderLimitError: too long, too large, or it took too much time.
        SilentAudioError: there are no notes.
        SoundfontError: the soundfont is missing or is none.
        RenderError: the synthesizer failed.
    """
    result = read_midi_report(midi)
    score = result.score
    if score.note_count == 0:
        raise SilentAudioError("The MIDI file has no notes, so there is nothing to hear.")
    if score.duration_seconds > limits.max_audio_seconds:
        raise RenderLimitError(
            f"The piece lasts {score.duration_seconds:,.0f} s, and at most "
            f"{limits.max_audio_seconds:,.0f} s are rendered. Shorten it."
        )
    synthesizer = installed_synthesizer()
    chosen = checked_soundfont(soundfont or soundfont_for(score, synthesizer))
    # Beside the result, so that moving it there is a rename on one file system.
    with tempfile.TemporaryDirectory(prefix=".render-", dir=out.parent.resolve()) as folder:
        source, wav = Path(folder, "piece.mid"), Path(folder, "piece.wav")
        source.write_bytes(_playable(midi if isinstance(midi, bytes) else midi.read_bytes(), result))
        _run_worker(synthesizer, source, chosen, wav, limits)
        seconds = _checked_seconds(wav, score)
        wav.replace(out)
    return RenderedAudio(out, seconds, score.duration_seconds, SAMPLE_RATE, synthesizer, chosen.name)


def _playable(data: bytes, result: ReadResult) -> bytes:
    """The piece as a MIDI file that every synthesizer understands, pedal and all.

    Wrappers and chunks that nobody knows are gone: FluidSynth would play some of them as
    silence. A file in which something had to be put right, or that counts film frames instead
    of ticks, is written anew.
    """
    chunks = read_chunks(data, MIDI_LIMITS)
    if result.repairs or chunks.fixed_tempo_bpm is not None:
        return write_midi(result.score)
    return chunks.plain_file()


def _run_worker(
    synthesizer: Synthesizer, midi: Path, soundfont: Path, wav: Path, limits: RenderLimits
) -> None:
    cpu_seconds = int(limits.max_wall_seconds) + 5  # the wall-clock limit comes first
    command = [
        sys.executable,
        "-m",
        "musicgen.audio.worker",
        synthesizer,
        str(midi),
        str(soundfont),
        str(wav),
    ]
    command += [str(limits.max_bytes), str(cpu_seconds)]
    complaints = midi.with_suffix(".stderr")
    with complaints.open("wb") as stderr:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            env=_environment(midi.parent),
            cwd=midi.parent,
            start_new_session=True,  # a group of its own, so that the synthesizer dies with it
        )
        try:
            code = process.wait(timeout=limits.max_wall_seconds)
        except subprocess.TimeoutExpired:
            raise RenderLimitError(
                f"Rendering took more than {limits.max_wall_seconds:g} s and was stopped. Shorten the piece."
            ) from None
        finally:
            _kill_group(process)
    if code in (worker.TOO_LARGE, -signal.SIGXFSZ):
        raise RenderLimitError(
            f"The sound became longer than {limits.max_audio_seconds:,.0f} s and was stopped; "
            "the file may end long after its last note."
        )
    if code != 0:
        said = complaints.read_bytes()[-1000:].decode(errors="replace").strip().splitlines()
        raise RenderError(
            f"{synthesizer} could not play the piece: {said[-1] if said else f'it ended with {code}'}"
        )


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _environment(home: Path) -> dict[str, str]:
    """What the worker may know: no secrets, no configuration of the user's."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    package_root = str(Path(musicgen.__file__).parents[1])
    return {**kept, "HOME": str(home), "PYTHONPATH": package_root, "OPENBLAS_NUM_THREADS": "1"}


def _checked_seconds(wav: Path, score: Score) -> float:
    import soundfile  # a page that names a format must not load libsndfile

    try:
        info = soundfile.info(str(wav))
    except (soundfile.LibsndfileError, OSError) as error:
        raise RenderError(f"The synthesizer left no readable sound: {error}") from error
    if info.samplerate != SAMPLE_RATE or info.channels != CHANNELS:
        raise RenderError(f"The synthesizer wrote {info.samplerate} Hz in {info.channels} channels.")
    seconds = float(info.frames / info.samplerate)
    if seconds < score.duration_seconds - _SHORTFALL_SECONDS:
        raise RenderError(
            f"The synthesizer stopped after {seconds:.1f} s of a piece of {score.duration_seconds:.1f} s."
        )
    return seconds
