"""One to five stars of one listener for one song."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Listener
from generator.models import Song

MOST_STARS: Final = 5
# Marks beside the stars, for whoever likes to say more: key → words.
CRITERIA: Final = {"coherence": _("Coherence"), "melody": _("Melody"), "rhythm": _("Rhythm")}


class Rating(models.Model):
    """How a listener likes a song; they may change or take it back.

    Attributes:
        coherence, melody, rhythm: one to five where the listener gave them.
    """

    song = models.ForeignKey(Song, on_delete=models.CASCADE, related_name="ratings")
    listener = models.ForeignKey(Listener, on_delete=models.CASCADE, related_name="ratings")
    stars = models.PositiveSmallIntegerField()
    coherence = models.PositiveSmallIntegerField(null=True, blank=True)
    melody = models.PositiveSmallIntegerField(null=True, blank=True)
    rhythm = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["song", "listener"], name="one_rating_a_listener"),
            models.CheckConstraint(
                condition=models.Q(stars__range=(1, MOST_STARS)), name="one_to_five_stars"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stars} stars for {self.song}"
