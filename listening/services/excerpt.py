"""Songs get excerpts for the blind tests."""

from random import Random

from django.conf import settings
from django.db import transaction

from generator.models import Song
from listening.models import Excerpt
from listening.models.excerpt import system_of
from musicgen.audio.excerpt import EXCERPT_SECONDS
from musicgen.audio.excerpt import Excerpt as ExcerptFile
from training import shared
from training.services import work_enqueue


@transaction.atomic
def excerpt_ensure(*, song: Song) -> Excerpt:
    """The song's excerpt, asked for now if there is none; where it begins is drawn here, once.

    A piece and its copy with shuffled pitches are cut at the same place.
    """
    drawn_by = song.settings.get("drawn_by", song.pk)
    spare = max(0.0, song.seconds - EXCERPT_SECONDS)
    excerpt, is_new = Excerpt.objects.get_or_create(
        song=song,
        defaults={
            "system": system_of(song),
            "start_seconds": round(Random(f"excerpt-{drawn_by}").random() * spare, 2),  # noqa: S311  # no secret
        },
    )
    if is_new:
        work_enqueue(row=excerpt)
    return excerpt


def excerpt_keep(*, excerpt: Excerpt, made: ExcerptFile) -> dict[str, object]:
    """What the end of the work writes into the row; other machines have the sound before."""
    shared.share(made.path)
    return {
        "path": str(made.path.relative_to(settings.DATA_DIR)),
        "sha256": made.sha256,
        "loudness_lufs": made.loudness_lufs,
        "true_peak_dbtp": made.true_peak_dbtp,
    }
