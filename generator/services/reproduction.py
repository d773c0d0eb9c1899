"""A song is composed again, to see that the same bytes come of it."""

from django.db import transaction

from accounts.models import Listener
from generator.models import Reproduction, Song
from training.services import work_enqueue, work_requeue


@transaction.atomic
def reproduction_ask(*, song: Song, listener: Listener) -> Reproduction:
    """Have a song composed again; while that is under way, asking once more changes nothing."""
    row, is_new = Reproduction.objects.select_for_update().get_or_create(
        song=song, defaults={"listener": listener}
    )
    if is_new:
        work_enqueue(row=row)
    elif not row.is_active:
        work_requeue(row=row, listener=listener, progress=0.0, is_same=None, midi_sha256="")
    return row
