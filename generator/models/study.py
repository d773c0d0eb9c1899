"""What a dataset's music is like, and how a song stands beside it."""

from typing import Any, ClassVar

from django.db import models

from generator.models.song import Song
from training.models import Dataset
from training.models.work import Work


class DatasetStudy(models.Model):
    """What is usual in a dataset, measured once and kept for every song learned from it.

    Attributes:
        bands: by measure the 5th and 95th percentile of its pieces ("data") and of the same rhythms
            with pitches drawn at random ("chance").
        piece_count: how many pieces were measured.
    """

    dataset = models.OneToOneField(Dataset, on_delete=models.CASCADE, related_name="study")
    bands = models.JSONField(default=dict)
    piece_count = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"study of {self.dataset}"


class SongReport(Work):
    """A song is compared with the music that its network learned from.

    Attributes:
        result: what `musicgen.statistics.CopyReport.to_json` says, and under "passages" the notes of
            the nearest passage in the song ("song") and in the piece ("piece").
    """

    queue: ClassVar[str] = "encode"
    job: ClassVar[str] = "generator.jobs.report.report_on_song"
    timeout_seconds: ClassVar[int] = 1800

    song = models.OneToOneField(Song, on_delete=models.CASCADE, related_name="report")
    result: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"report on {self.song}"
