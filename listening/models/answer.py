"""What listeners said: a choice in a blind pair, or human or machine."""

from typing import Final

from django.db import models

from accounts.models import Listener
from generator.models import Song
from listening.models.trial import Check, Trial


class Outcome(models.TextChoices):
    """What was said of a pair."""

    LEFT = "left", "A"
    RIGHT = "right", "B"
    TIE = "tie", "as good as each other"
    BOTH_BAD = "both_bad", "both bad"


# Optional reasons for a choice: key → words.
REASONS: Final = {
    "melody": "melody",
    "harmony": "harmony",
    "rhythm": "rhythm",
    "form": "coherence and form",
    "expression": "expression",
    "mistakes": "wrong notes in the other",
}


class Answer(models.Model):
    """What every answer carries.

    Attributes:
        trial: answered once: the database sees to that.
        address_digest: tells addresses of one day apart and nobody which they were.
    """

    trial = models.OneToOneField(Trial, on_delete=models.CASCADE, related_name="%(class)s")
    listener = models.ForeignKey(Listener, on_delete=models.CASCADE, related_name="%(class)ss")
    address_digest = models.CharField(max_length=32, blank=True)
    answered_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class Comparison(Answer):
    """A choice in a blind pair.

    Attributes:
        left_system, right_system, left_song, right_song, weight, check_kind: as the trial had them,
            kept here so that a million are read quickly.
        passed: of a check; None where it was none, or decides nothing.
    """

    outcome = models.CharField(max_length=8, choices=Outcome)
    reasons = models.JSONField(default=list, blank=True)
    left_system = models.CharField(max_length=100)
    right_system = models.CharField(max_length=100)
    left_song = models.ForeignKey(Song, null=True, on_delete=models.SET_NULL, related_name="+")
    right_song = models.ForeignKey(Song, null=True, on_delete=models.SET_NULL, related_name="+")
    weight = models.FloatField(default=1.0)
    check_kind = models.CharField(max_length=8, choices=Check, blank=True)
    passed = models.BooleanField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["listener", "-answered_at"], name="comparison_of_listener"),
            models.Index(fields=["address_digest", "-answered_at"], name="comparison_of_address"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} in {self.trial}"


class Verdict(Answer):
    """Human or machine?

    Attributes:
        knew_it: the piece was known; kept, and left out of the analysis.
    """

    system = models.CharField(max_length=100)
    song = models.ForeignKey(Song, null=True, on_delete=models.SET_NULL, related_name="+")
    said_human = models.BooleanField()
    knew_it = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["listener", "-answered_at"], name="verdict_of_listener"),
            models.Index(fields=["address_digest", "-answered_at"], name="verdict_of_address"),
        ]

    def __str__(self) -> str:
        return f"verdict in {self.trial}"


class PairTally(models.Model):
    """How often two systems met, and who won; kept by `listening.services` alone, for choosing pairs."""

    first_system = models.CharField(max_length=100)
    second_system = models.CharField(max_length=100)
    count = models.PositiveIntegerField(default=0)
    first_wins = models.PositiveIntegerField(default=0)
    ties = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first_system", "second_system"], name="one_tally_a_pair")
        ]

    def __str__(self) -> str:
        return f"{self.first_system} against {self.second_system}"


class Exclusion(models.Model):
    """A listener whose verdicts are kept, but shown apart.

    Attributes:
        is_active: whether they are apart now; an operator may take it back, or set it.
        reason: in words.
        automatic: set by failed checks.
    """

    listener = models.OneToOneField(Listener, on_delete=models.CASCADE, related_name="exclusion")
    is_active = models.BooleanField(default=True)
    reason = models.CharField(max_length=300)
    automatic = models.BooleanField(default=True)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.listener} set apart"
