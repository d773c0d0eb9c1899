"""A trial: clips that one listener is to hear under addresses that say nothing."""

import secrets
from typing import Final

from django.db import models

from accounts.models import Listener
from listening.models.enrolment import Enrolment
from listening.models.excerpt import Excerpt

_TOKEN_BYTES: Final = 16


def new_token() -> str:
    """A name that nobody guesses."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


class TrialKind(models.TextChoices):
    """What is asked."""

    PAIR = "pair", "blind pair"
    TURING = "turing", "human or machine"
    STUDY = "study", "trial of a study"


class Check(models.TextChoices):
    """A trial that shows whether somebody listens; it does not count as a verdict."""

    NONE = "", "no check"
    REPEAT = "repeat", "an earlier pair with its sides exchanged"
    SHUFFLED = "shuffled", "a real piece against its copy with shuffled pitches"


class Trial(models.Model):
    """One question to one listener, to be answered once.

    Attributes:
        number: of the listener's trials of this kind, from 1.
        draw_probability, pair_count: the chance with which this pair of systems was drawn, among so many.
        repeats: the earlier trial that this one repeats.
        round: of human or machine: which trials belong together.
        reported_at: when the page last told what was heard.
    """

    token = models.CharField(max_length=32, unique=True, default=new_token)
    kind = models.CharField(max_length=8, choices=TrialKind)
    listener = models.ForeignKey(Listener, on_delete=models.CASCADE, related_name="trials")
    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="trials")
    number = models.PositiveIntegerField(default=1)
    draw_probability = models.FloatField(default=1.0)
    pair_count = models.PositiveIntegerField(default=1)
    check_kind = models.CharField(max_length=8, choices=Check, blank=True)
    repeats = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE)
    round = models.UUIDField(null=True, blank=True, db_index=True)
    session_digest = models.CharField(max_length=32, blank=True)
    reported_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["listener", "kind", "-created_at"], name="trial_of_listener")]

    def __str__(self) -> str:
        return f"trial {self.pk}"

    @property
    def weight(self) -> float:
        """What uniform choice would have given this pair ÷ the probability with which it was drawn."""
        return 1 / (self.pair_count * self.draw_probability)


class Clip(models.Model):
    """One sound of a trial.

    Attributes:
        position: 0 is the left or only one.
        heard_seconds: credited by the server's own clock.
        plays: how often it was started.
    """

    token = models.CharField(max_length=32, unique=True, default=new_token)
    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="clips")
    position = models.PositiveSmallIntegerField()
    excerpt = models.ForeignKey(Excerpt, on_delete=models.CASCADE, related_name="clips")
    heard_seconds = models.FloatField(default=0.0)
    plays = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["trial", "position"], name="one_clip_a_position")]

    def __str__(self) -> str:
        return f"clip {self.position} of {self.trial}"
