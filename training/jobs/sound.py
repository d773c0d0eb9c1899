"""Plays files of datasets and samples of runs into sound files."""

import threading
from pathlib import Path
from typing import Any

from musicgen.audio import RenderError, make_renditions
from musicgen.midi import MidiError
from training import shared
from training.models import FileSound, RunSample
from training.services import WorkFailedError, work_report, work_run


def file_render(sound_id: int) -> None:
    """The job: play it; done twice, it leaves one."""
    work_run(FileSound, sound_id, _render)


def sample_render(sample_id: int) -> None:
    """The job: play a piece that a run composed on the way; done twice, it leaves one."""
    work_run(RunSample, sample_id, _render_sample)


def _render(row: FileSound, stop: threading.Event) -> dict[str, Any]:
    return {"loudness_lufs": _played(row, row.dataset.midi_path(row.sha256))}


def _render_sample(row: RunSample, stop: threading.Event) -> None:
    _played(row, row.midi_path)


def _played(row: FileSound | RunSample, midi: Path) -> float:
    """Play a MIDI file into the row's folder. Returns its loudness in LUFS."""
    try:
        made = make_renditions(shared.fetch(midi), row.folder, formats=["opus"])
    except (RenderError, MidiError) as error:
        raise WorkFailedError(str(error)) from error
    work_report(row=row)
    shared.share(row.path)
    return made[0].loudness_lufs
