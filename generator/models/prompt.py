"""Music that a network is given to begin from: a file of the listener's, or a song of the site."""

from pathlib import Path
from typing import Self

from django.conf import settings
from django.db import models
from django.urls import reverse

from accounts.models import Listener
from generator.models.song import Song
from training import shared


class PromptQuerySet(models.QuerySet["Prompt"]):
    """Vocabulary about prompts."""

    def visible_to(self, listener: Listener | None, *, everything: bool = False) -> Self:
        """A listener's own; every one for moderators (`everything`)."""
        if everything:
            return self
        return self.filter(listener=listener) if listener else self.none()


class Prompt(models.Model):
    """A MIDI file kept as it was given, because songs that began from it are made again from it.

    Attributes:
        sha256: of the file, which lies at `prompts/<sha256>.mid` below the data folder.
        seconds, note_count, instruments: of what was read from it.
        song: where it came from, if from this site.
    """

    listener = models.ForeignKey(
        Listener, null=True, blank=True, on_delete=models.SET_NULL, related_name="prompts"
    )
    song = models.ForeignKey(Song, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    seconds = models.FloatField()
    note_count = models.PositiveIntegerField()
    instruments = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PromptQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The page on which a passage of it is chosen."""
        return reverse("generator:prompt", args=[self.pk])

    @property
    def file(self) -> Path:
        """The MIDI file."""
        return shared.here(prompt_file(self.sha256))


def prompt_file(sha256: str) -> Path:
    """Where the bytes with this hash are kept."""
    return Path(settings.DATA_DIR, "prompts", f"{sha256}.mid")
