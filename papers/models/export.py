"""One archive for a paper: what it is about, and how far it is."""

import uuid
from pathlib import Path
from typing import ClassVar, Final

from django.conf import settings
from django.db import models
from django.urls import reverse

from generator.models import Song
from listening.models import Study
from training import shared
from training.models import Checkpoint
from training.models.work import Work

MOST_SONGS: Final = 5000  # in one archive


class PaperExport(Work):
    """An archive of a selection: songs of checkpoints, of studies, or any others, and what is known of them.

    Attributes:
        key: names its address; whoever has that may download it, so that it can be shared with coauthors.
        checkpoints: whose songs are taken.
        songs: taken one by one.
        studies: whose songs and answers are taken; the owner's own.
        with_human: human music of the site too, as the other side of comparisons.
        path: of the archive, below the data folder.
    """

    queue: ClassVar[str] = "encode"
    job: ClassVar[str] = "papers.jobs.export.paper_export"
    timeout_seconds: ClassVar[int] = 3600

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="paper_exports"
    )
    title = models.CharField(max_length=200)
    authors = models.CharField(max_length=300, blank=True)
    checkpoints = models.ManyToManyField(Checkpoint, related_name="paper_exports")
    songs = models.ManyToManyField(Song, related_name="paper_exports")
    studies = models.ManyToManyField(Study, related_name="paper_exports")
    with_human = models.BooleanField(default=True)
    path = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    bytes = models.PositiveBigIntegerField(default=0)
    song_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The page that shows how it goes, and offers it."""
        return reverse("papers:export", args=[self.key])

    @property
    def file(self) -> Path:
        """The archive."""
        return shared.here(Path(settings.DATA_DIR) / self.path, self.sha256)

    @property
    def file_name(self) -> str:
        """What it is called where it is downloaded."""
        return f"musicgen-paper-{str(self.key)[:8]}.zip"
