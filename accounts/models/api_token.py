"""Tokens by which programs use the site in a user's name."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Scope(models.TextChoices):
    """What a token may be used for."""

    READ = "read", _("see what you may see, your own private things included")
    COMPOSE = "compose", _("ask for songs")
    DATASETS = "datasets", _("upload and change datasets")
    RUNS = "runs", _("start and stop runs, publish their checkpoints")


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Vocabulary about tokens."""

    def usable(self) -> "ApiTokenQuerySet":
        """Neither revoked nor past their time, of a user who may still sign in."""
        in_time = models.Q(expires_at=None) | models.Q(expires_at__gt=timezone.now())
        return self.filter(in_time, revoked_at=None, user__is_active=True)


class ApiToken(models.Model):
    """One token. Its words are shown once, when it is made; only their digest is kept.

    Attributes:
        sha256: of the token's words.
        hint: how they begin, by which a person tells tokens apart.
        scopes: values of `Scope`.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    sha256 = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=16)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True, help_text="to the minute")

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    def allows(self, scope: str) -> bool:
        """Whether it may be used for this."""
        return scope in self.scopes

    @property
    def is_usable(self) -> bool:
        """Whether a program that shows it is let in."""
        ended: datetime | None = self.expires_at
        return self.revoked_at is None and (ended is None or ended > timezone.now())

    @property
    def scope_words(self) -> list[str]:
        """What it may be used for, in words."""
        return [str(Scope(scope).label) for scope in self.scopes]
