"""The clip of a song that blind listeners hear."""

from pathlib import Path
from typing import ClassVar, Final

from django.conf import settings
from django.db import models

from generator.models import Song, SongKind
from training import shared
from training.models.work import Work, WorkQuerySet, WorkState

REAL: Final = "real"
RANDOM: Final = "random"
SHUFFLED: Final = "shuffled"  # a real piece with its pitches exchanged, for checks alone
ANCHORS: Final = (REAL, RANDOM)
CHECKPOINT: Final = "checkpoint:"


class ExcerptQuerySet(WorkQuerySet["Excerpt"]):
    """Vocabulary about excerpts."""

    def ready(self) -> "ExcerptQuerySet":
        """Those that can be heard."""
        return self.filter(state=WorkState.FINISHED)

    def of_contenders(self) -> "ExcerptQuerySet":
        """Ready ones of networks and anchors, of songs that everybody may hear."""
        heard = models.Q(song__is_published=True) | models.Q(system__in=(RANDOM, REAL))
        return self.ready().exclude(system=SHUFFLED).filter(heard)

    def of_machines(self) -> "ExcerptQuerySet":
        """Ready ones that a network composed."""
        return self.ready().filter(system__startswith=CHECKPOINT, song__is_published=True)


class Excerpt(Work):
    """Twenty seconds of a song, at a place drawn in advance, at the one loudness of the tests.

    Attributes:
        system: who composed it: `checkpoint:<slug>`, or one of the anchors.
        start_seconds: where in the song it begins.
        path: of the sound, below the data folder.
    """

    queue: ClassVar[str] = "encode"
    job: ClassVar[str] = "listening.jobs.excerpts.excerpt_make"
    timeout_seconds: ClassVar[int] = 300

    song = models.OneToOneField(Song, on_delete=models.CASCADE, related_name="excerpt")
    system = models.CharField(max_length=100, db_index=True)
    start_seconds = models.FloatField(default=0.0)
    path = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    loudness_lufs = models.FloatField(null=True, blank=True)
    true_peak_dbtp = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ExcerptQuerySet.as_manager()  # type: ignore[misc]  # knows more than the inherited one

    def __str__(self) -> str:
        return f"excerpt of {self.song}"

    @property
    def file(self) -> Path:
        """Its sound."""
        return shared.here(Path(settings.DATA_DIR) / self.path, self.sha256)


def system_of(song: Song) -> str:
    """Who composed it, as the tests tell systems apart."""
    anchor = song.settings.get("anchor")
    if anchor:
        return str(anchor)
    if song.kind == SongKind.HUMAN or song.checkpoint is None:
        return REAL
    return f"{CHECKPOINT}{song.checkpoint.slug}"
