"""A listener's consent to a listening test, and what they say of themselves."""

from django.db import models

from accounts.models import Listener


class Training(models.TextChoices):
    """How much music somebody has learned, by their own word."""

    NONE = "none", "none to speak of"
    SOME = "some", "some lessons, or I play for myself"
    PROFESSIONAL = "professional", "I study music or live by it"


class Enrolment(models.Model):
    """What was agreed to before the first verdict; every verdict names it.

    Attributes:
        consent_text: the very words that were agreed to.
        client_version: of the page that asked.
    """

    listener = models.ForeignKey(Listener, on_delete=models.CASCADE, related_name="enrolments")
    study = models.ForeignKey(
        "listening.Study", null=True, blank=True, on_delete=models.CASCADE, related_name="enrolments"
    )
    consent_text = models.TextField()
    training = models.CharField(max_length=12, choices=Training)
    client_version = models.CharField(max_length=20)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["listener", "study"], name="enrolment_of_listener")]

    def __str__(self) -> str:
        return f"enrolment of {self.listener}"
