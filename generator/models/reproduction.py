"""Somebody wants a song composed again, to see that the same bytes come of it."""

from typing import ClassVar

from django.db import models

from accounts.models import Listener
from generator.models.song import Song
from training.models.work import Work


class Reproduction(Work):
    """One song to be composed again from what is written down about it.

    Attributes:
        listener: who asked last; it is a turn of theirs, like a take.
        midi_sha256: of the bytes that came of it this time.
        is_same: whether they are the song's own; None before it is known.
    """

    queue: ClassVar[str] = "compose"
    job: ClassVar[str] = "generator.jobs.compose.reproduce_song"
    timeout_seconds: ClassVar[int] = 300

    song = models.OneToOneField(Song, on_delete=models.CASCADE, related_name="reproduction")
    listener = models.ForeignKey(
        Listener, null=True, blank=True, on_delete=models.SET_NULL, related_name="reproductions"
    )
    midi_sha256 = models.CharField(max_length=64, blank=True)
    is_same = models.BooleanField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.song}, composed again"
