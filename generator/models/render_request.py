"""A song waits to be turned into sound: first what can be heard soonest, then the other formats."""

from typing import ClassVar

from django.db import models

from generator.models.song import Song
from training.models.work import Work


class RenderRequest(Work):
    """One song to be played into its first sound file; somebody may be waiting to hear it."""

    queue: ClassVar[str] = "render"
    job: ClassVar[str] = "generator.jobs.render.render_song"
    timeout_seconds: ClassVar[int] = 600

    song = models.OneToOneField(Song, on_delete=models.CASCADE, related_name="render_request")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"sound for {self.song}"


class EncodeRequest(Work):
    """One song that can be heard, to be offered in the other formats too; nobody waits for them."""

    queue: ClassVar[str] = "encode"
    job: ClassVar[str] = "generator.jobs.render.encode_song"
    timeout_seconds: ClassVar[int] = 600

    song = models.OneToOneField(Song, on_delete=models.CASCADE, related_name="encode_request")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"formats for {self.song}"
