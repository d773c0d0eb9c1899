"""Studies: listening tests that researchers build, share and watch fill."""

from typing import Final

from django.conf import settings
from django.db import models
from django.urls import reverse

from accounts.models import Listener
from generator.models import Song
from listening.models.trial import Trial, new_token

MOST_STIMULI: Final = 8  # on one page: more cannot be held in mind beside each other


class Method(models.TextChoices):
    """How songs are judged."""

    PAIRS = "pairs", "Pairs: which of two is better"
    ACR = "acr", "Five-point rating (ITU-T P.800)"
    MULTIPLE = "multiple", "Multiple stimuli without reference (ITU-R BS.2132)"
    MUSHRA = "mushra", "MUSHRA, with a true reference (ITU-R BS.1534)"


class StudyState(models.TextChoices):
    """Where a study stands."""

    DRAFT = "draft", "draft"
    OPEN = "open", "open"
    CLOSED = "closed", "closed"


class Study(models.Model):
    """A listening test.

    Attributes:
        token: its address for those invited.
        songs: what is judged.
        reference: of MUSHRA: the original that every song is a version of.
        trials_each: pages of a participant, training and checks not counted.
        stimuli_each: songs on a page of multiple stimuli or MUSHRA.
        check_every: one attention check after so many pages; 0 for none.
        completion_code: shown at the end, for whoever pays or counts participants.
    """

    token = models.CharField(max_length=32, unique=True, default=new_token)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="studies")
    title = models.CharField(max_length=120)
    method = models.CharField(max_length=10, choices=Method)
    question = models.CharField(max_length=200)
    consent_text = models.TextField()
    songs = models.ManyToManyField(Song, related_name="studies")
    reference = models.ForeignKey(
        Song, null=True, blank=True, on_delete=models.PROTECT, related_name="reference_of"
    )
    trials_each = models.PositiveSmallIntegerField(default=10)
    stimuli_each = models.PositiveSmallIntegerField(default=4)
    check_every = models.PositiveSmallIntegerField(default=5)
    has_training = models.BooleanField(default=True)
    has_volume_check = models.BooleanField(default=True)
    completion_code = models.CharField(max_length=40)
    state = models.CharField(max_length=8, choices=StudyState, default=StudyState.DRAFT)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "studies"

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The owner's page."""
        return reverse("listening:study", args=[self.pk])

    def get_share_url(self) -> str:
        """Where participants begin."""
        return reverse("listening:take", args=[self.token])


class Participation(models.Model):
    """One listener's way through a study.

    Attributes:
        plan: the pages drawn for them: role, song ids in the order shown.
        volume_checked: whether the volume and headphone check is behind them.
        is_preview: the owner's own trial run; never counted.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="participations")
    listener = models.ForeignKey(Listener, on_delete=models.CASCADE, related_name="participations")
    plan = models.JSONField(default=list)
    volume_checked = models.BooleanField(default=False)
    is_preview = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["study", "listener", "is_preview"], name="one_participation_a_listener"
            )
        ]

    def __str__(self) -> str:
        return f"{self.listener} in {self.study}"


class StudyAnswer(models.Model):
    """One page of a participation, answered.

    Attributes:
        number: of the page, from 0.
        role: "training", "trial" or "check".
        values: what was said, by song id: a rating, or 1 for the one chosen of a pair.
        passed: of a check.
    """

    participation = models.ForeignKey(Participation, on_delete=models.CASCADE, related_name="answers")
    trial = models.OneToOneField(Trial, on_delete=models.CASCADE, related_name="study_answer")
    number = models.PositiveSmallIntegerField()
    role = models.CharField(max_length=10)
    values = models.JSONField()
    passed = models.BooleanField(null=True, blank=True)
    answered_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["participation", "number"], name="one_answer_a_page")]

    def __str__(self) -> str:
        return f"page {self.number} of {self.participation}"
