"""The sound of a dataset's file is asked for, once."""

from django.db import transaction

from training.models import Dataset, FileSound, WorkState
from training.services.work import work_enqueue, work_requeue


@transaction.atomic
def file_sound_ask(*, dataset: Dataset, sha256: str) -> FileSound:
    """Have a file played into a sound file, unless it is there or on its way."""
    sound, is_new = FileSound.objects.get_or_create(dataset=dataset, sha256=sha256)
    if is_new:
        work_enqueue(row=sound)
    elif sound.state in (WorkState.FAILED, WorkState.CANCELLED) or (
        sound.state == WorkState.FINISHED and not sound.path.is_file()
    ):
        work_requeue(row=sound, progress=0.0)
    return sound
