"""Plays a file of a dataset into a sound file, for whoever wants to hear what is in there."""

import threading
from typing import Any

from musicgen.audio import RenderError, make_renditions
from musicgen.midi import MidiError
from training import shared
from training.models import FileSound
from training.services import WorkFailedError, work_report, work_run


def file_render(sound_id: int) -> None:
    """The job: play it; done twice, it leaves one."""
    work_run(FileSound, sound_id, _render)


def _render(row: FileSound, stop: threading.Event) -> dict[str, Any]:
    midi = shared.fetch(row.dataset.midi_path(row.sha256))
    try:
        made = make_renditions(midi, row.folder, formats=["opus"])
    except (RenderError, MidiError) as error:
        raise WorkFailedError(str(error)) from error
    work_report(row=row)
    shared.share(row.path)
    return {"loudness_lufs": made[0].loudness_lufs}
