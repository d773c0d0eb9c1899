"""A piece of music on the site, with its MIDI file and where it came from."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.text import slugify

from accounts.models import Listener
from training import shared
from training.models import Checkpoint

if TYPE_CHECKING:
    from generator.models.rendition import Rendition

# A song's mean counts as if so many listeners had already given the site's mean: one single
# five-star rating must not stand above fifty of 4.8.
PRIOR_RATINGS: Final = 10
KEPT_DAYS: Final = 14  # a song that was thrown away can be taken back for so long
UNRATED_MEAN: Final = 3.0  # the site's mean while nothing is rated: the middle of one to five


class SongKind(models.TextChoices):
    """Who composed it."""

    MACHINE = "machine", "machine"
    HUMAN = "human", "human"


class SongQuerySet(models.QuerySet["Song"]):
    """Vocabulary about songs."""

    def published(self) -> Self:
        """What everybody may hear."""
        return self.filter(is_published=True)

    def kept(self) -> Self:
        """Without those that were thrown away."""
        return self.filter(thrown_away_at=None)

    def visible_to(self, listener: Listener | None, *, everything: bool = False) -> Self:
        """What this listener may see: what is published and what they asked for.

        Args:
            everything: for moderators, who see every song.
        """
        if everything:
            return self
        own = Q(listener=listener) if listener else Q(pk__in=[])
        return self.filter(Q(is_published=True) | own)

    def newest_first(self) -> Self:
        """By when they were composed."""
        return self.order_by("-created_at", "-pk")

    def for_lists(self) -> Self:
        """With what a list of songs shows of each, in two queries."""
        return (
            self.select_related("checkpoint")
            .prefetch_related("renditions")
            .defer("peaks", "statistics", "settings")
        )


_ORDERS: Final = {
    "song_newest": ("-created_at", "-id"),
    "song_heard": ("-play_count", "-created_at", "-id"),
    "song_rated": ("-rating_count", "-created_at", "-id"),
    "song_longest": ("-seconds", "-created_at", "-id"),
    "song_titles": ("title", "id"),
}


class Song(models.Model):
    """A piece of music, machine-made or human.

    Attributes:
        settings: what it was composed with (temperature, top-p, asked length …).
        midi_path: of its MIDI file, below the data folder.
        score_path: of its score in MusicXML, below the data folder; empty where there is none.
        seconds, note_count: of the MIDI.
        statistics: measures of this song by name (see `musicgen.statistics`).
        peaks: the waveform's height in equal steps of time, 0 to 1.
        key: the likeliest one, such as "Eb minor"; empty where none could be told.
        tempo_bpm: quarter notes a minute, over the whole piece; None until it was described.
        families: the General MIDI families that sound, a bit each (see `generator.families`).
        style: what it is called by where it comes from: a style, a dastgah; may be empty.
        sketch: its notes as the path of a small SVG.
        play_count: how many listeners heard it, kept by `generator.services.shelf` alone.
        flaw: what is wrong with the take, in words; a flawed one is kept, but not published.
        listener: who asked for it.
        program: the General MIDI program that all its instruments were changed to; None as composed.
        thrown_away_at: when its listener threw it away; for a while it can be taken back.
        published_at: when everybody could hear it first; None if that never was.
        rating_count, rating_sum: kept by `listening.services` alone.
        verdict_count, human_count: how often it was asked of it whether a human or a machine composed it,
            and how often the answer was a human; kept by `listening.services` alone.
    """

    title = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=SongKind.choices, default=SongKind.MACHINE)
    checkpoint = models.ForeignKey(
        Checkpoint, null=True, blank=True, on_delete=models.PROTECT, related_name="songs"
    )
    seed = models.BigIntegerField(null=True, blank=True)
    settings = models.JSONField(default=dict, blank=True)
    midi_path = models.CharField(max_length=200, blank=True)
    score_path = models.CharField(max_length=200, blank=True)
    midi_sha256 = models.CharField(max_length=64, blank=True)
    seconds = models.FloatField(default=0.0)
    note_count = models.PositiveIntegerField(default=0)
    statistics = models.JSONField(default=dict, blank=True)
    peaks = models.JSONField(default=list, blank=True)
    key = models.CharField(max_length=12, blank=True)
    tempo_bpm = models.FloatField(null=True, blank=True)
    families = models.PositiveIntegerField(default=0)
    style = models.CharField(max_length=40, blank=True)
    sketch = models.TextField(blank=True)
    play_count = models.PositiveIntegerField(default=0)
    flaw = models.CharField(max_length=200, blank=True, help_text="why it is kept but was not published")
    is_published = models.BooleanField(default=False)
    listener = models.ForeignKey(
        Listener, null=True, blank=True, on_delete=models.SET_NULL, related_name="songs"
    )
    program = models.PositiveSmallIntegerField(null=True, blank=True)
    thrown_away_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    rating_count = models.PositiveIntegerField(default=0)
    rating_sum = models.PositiveIntegerField(default=0)
    verdict_count = models.PositiveIntegerField(default=0)
    human_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SongQuerySet.as_manager()

    class Meta:
        indexes = [
            # The orders of lists that nothing narrows: the first songs are read and no others.
            *(
                models.Index(fields=fields, name=name, condition=Q(is_published=True))
                for name, fields in _ORDERS.items()
            ),
            # Everything that lists are narrowed and ordered by, in one index that is read from end to
            # end: the rows themselves are a hundred times larger (waveforms, statistics).
            models.Index(
                fields=[
                    *("is_published", "created_at", "kind", "checkpoint", "key", "tempo_bpm", "seconds"),
                    *("families", "style", "rating_count", "rating_sum", "play_count", "seed", "title"),
                    *("verdict_count", "human_count"),
                ],
                name="song_finding",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The song's page."""
        return reverse("generator:song", args=[self.pk])

    @property
    def folder(self) -> Path:
        """Where its files lie."""
        return Path(settings.DATA_DIR) / "songs" / str(self.pk)

    @property
    def midi_file(self) -> Path:
        """Its MIDI file."""
        return shared.here(Path(settings.DATA_DIR) / self.midi_path, self.midi_sha256)

    @property
    def score_file(self) -> Path:
        """Its score in MusicXML."""
        return shared.here(Path(settings.DATA_DIR) / self.score_path)

    @property
    def rating_mean(self) -> float | None:
        """Mean stars, or None while nobody rated it."""
        return self.rating_sum / self.rating_count if self.rating_count else None

    @property
    def is_machine_made(self) -> bool:
        """Whether a network composed it."""
        return self.kind == SongKind.MACHINE

    @property
    def playable(self) -> list["Rendition"]:
        """The sound files that pages play, the best first."""
        ranked = sorted(self.renditions.all(), key=lambda rendition: rendition.offer_rank)
        return [rendition for rendition in ranked if rendition.is_playable]

    @property
    def cleared_at(self) -> datetime | None:
        """Until when it can be taken back; None where it is not away, or is kept for its judgments."""
        if self.thrown_away_at is None or self.published_at is not None:
            return None
        return self.thrown_away_at + timedelta(days=KEPT_DAYS)

    @property
    def file_stem(self) -> str:
        """The name of its downloads, without the ending: what it is, which network, which seed."""
        parts = [slugify(self.title) or f"song-{self.pk}"]
        if self.checkpoint is not None:
            parts.append(slugify(self.checkpoint.network))
        if self.seed is not None:
            parts.append(f"seed{self.seed}")
        return "-".join(parts)
