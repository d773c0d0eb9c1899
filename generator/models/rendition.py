"""One sound file of a song."""

from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import models
from django.urls import reverse

from generator.models.song import Song
from training import shared


class AudioFormat(models.TextChoices):
    """The formats a song is rendered to, in the order in which a page offers them."""

    OPUS = "opus", "Opus"
    MP3 = "mp3", "MP3"
    FLAC = "flac", "FLAC"
    WAV = "wav", "WAV"


# What the browser is told the bytes are.
CONTENT_TYPES: Final[dict[str, str]] = {
    AudioFormat.OPUS: "audio/ogg; codecs=opus",
    AudioFormat.MP3: "audio/mpeg",
    AudioFormat.FLAC: "audio/flac",
    AudioFormat.WAV: "audio/wav",
}
# What pages play, best first: the small ones, and FLAC, which is made in a tenth of their time.
PLAYABLE_FORMATS: Final = (AudioFormat.OPUS, AudioFormat.MP3, AudioFormat.FLAC)
# What a song is first rendered to, and what the others are encoded from: it loses nothing.
FIRST_FORMAT: Final = AudioFormat.FLAC


class Rendition(models.Model):
    """One audio file of a song.

    Attributes:
        path: of the file, below the data folder.
        loudness_lufs: integrated loudness (ITU-R BS.1770).
        bytes, seconds, sha256: of the file.
    """

    song = models.ForeignKey(Song, on_delete=models.CASCADE, related_name="renditions")
    format = models.CharField(max_length=8, choices=AudioFormat.choices)
    soundfont = models.CharField(max_length=100, blank=True)
    loudness_lufs = models.FloatField(null=True, blank=True)
    bytes = models.PositiveBigIntegerField()
    seconds = models.FloatField()
    path = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["song", "format"], name="one_rendition_a_format")]

    def __str__(self) -> str:
        return f"{self.song} as {self.get_format_display()}"

    def get_absolute_url(self) -> str:
        """The address of the sound."""
        return reverse("generator:song_audio", args=[self.song_id, self.format])

    @property
    def file(self) -> Path:
        """The sound file."""
        return shared.here(Path(settings.DATA_DIR) / self.path, self.sha256)

    @property
    def content_type(self) -> str:
        """Its media type."""
        return CONTENT_TYPES[self.format]

    @property
    def is_playable(self) -> bool:
        """Whether pages play it, rather than only offer it for download."""
        return self.format in PLAYABLE_FORMATS

    @property
    def offer_rank(self) -> int:
        """Its place where formats are offered: the best to play first."""
        return AudioFormat.values.index(self.format)
