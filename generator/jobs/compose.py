"""Composing one song. TensorFlow is loaded when the first song is composed, not before."""

import threading
from typing import Any

from generator.models import ComposeRequest
from generator.services import song_compose
from musicgen.learning import CheckpointError
from musicgen.midi import write_midi
from musicgen.sampling.settings import SamplingSettings, SamplingSettingsError
from musicgen.statistics import song_statistics
from training.services import WorkCancelledError, WorkFailedError, work_report, work_run


def compose_song(request_id: int) -> None:
    """Compose what the request asks for; done twice, it makes one song."""
    work_run(ComposeRequest, request_id, _compose)


def _compose(row: ComposeRequest, stop: threading.Event) -> dict[str, Any] | None:
    if row.song_id is not None:
        return None  # made by a runner that died before it could say so
    from generator.composers import WARM_COMPOSERS  # loads TensorFlow

    try:
        composer = WARM_COMPOSERS.get(row.checkpoint)
        composition = composer.compose(
            SamplingSettings.from_json(row.settings),
            on_progress=lambda share: work_report(row=row, progress=share),
            should_stop=stop.is_set,
        )
    except CheckpointError as error:
        raise WorkFailedError(f"{error} Choose another checkpoint.") from error
    except SamplingSettingsError as error:
        raise WorkFailedError(str(error)) from error
    if composition.finished == "cancelled":
        raise WorkCancelledError(f"{row.job_id} was asked to stop.")
    song_compose(
        request=row,
        midi=write_midi(composition.score),
        seconds=composition.seconds,
        note_count=composition.note_count,
        statistics=song_statistics(composition.score).to_json(),
        flaw=composition.stuck_reason or "",
    )
    return None
