"""Somebody says that a thing on the site should not be there; and what was done about it."""

from typing import ClassVar, Final

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.listener import Listener

MOST_WORDS: Final = 1000


class FlagReason(models.TextChoices):
    """Why something should not be there."""

    COPY = "copy", _("It copies music that somebody owns")
    LICENCE = "licence", _("Its licence or source is told wrongly")
    TEXT = "text", _("Its title or description is offensive")
    BROKEN = "broken", _("It is broken")
    OTHER = "other", _("Something else")


class FlagOutcome(models.TextChoices):
    """What a moderator made of it."""

    DISMISSED = "dismissed", _("left as it is")
    TAKEN_DOWN = "taken_down", _("taken down")


class FlagQuerySet(models.QuerySet["Flag"]):
    """Vocabulary about flags."""

    def open(self) -> "FlagQuerySet":
        """Those that no moderator has settled."""
        return self.filter(outcome="")


class Flag(models.Model):
    """One listener's complaint about one thing.

    Attributes:
        target: the song, dataset, checkpoint or other thing.
        label: what it was called then.
        outcome: empty while it is open.
    """

    listener = models.ForeignKey(
        Listener, null=True, blank=True, on_delete=models.SET_NULL, related_name="flags"
    )
    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    target = GenericForeignKey("content_type", "object_id")
    label = models.CharField(max_length=200)
    reason = models.CharField(max_length=10, choices=FlagReason)
    words = models.TextField(max_length=MOST_WORDS, blank=True)
    outcome = models.CharField(max_length=12, choices=FlagOutcome, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = FlagQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        indexes: ClassVar = [models.Index(fields=["content_type", "object_id"])]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["listener", "content_type", "object_id"],
                condition=models.Q(outcome=""),
                name="accounts_flag_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}: {self.label}"


class AuditEntry(models.Model):
    """What somebody with power did to what is others', when and why. Never changed, never deleted.

    Attributes:
        actor_label, label: names as they were then; who or what they name may be gone.
    """

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="audit_entries"
    )
    actor_label = models.CharField(max_length=254)
    action = models.CharField(max_length=40)
    content_type = models.ForeignKey(ContentType, null=True, on_delete=models.SET_NULL)
    object_id = models.PositiveBigIntegerField(null=True)
    target = GenericForeignKey("content_type", "object_id")
    label = models.CharField(max_length=200)
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.actor_label}: {self.action} {self.label}"
