"""What a listener works on: the takes that they asked for, side by side."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.urls import reverse

from accounts.models import Listener

if TYPE_CHECKING:
    from generator.models.compose_request import ComposeRequest


class DraftQuerySet(models.QuerySet["Draft"]):
    """Vocabulary about drafts."""

    def visible_to(self, listener: Listener | None, *, everything: bool = False) -> Self:
        """A listener's own; every one for moderators (`everything`)."""
        if everything:
            return self
        return self.filter(listener=listener) if listener else self.none()

    def newest_first(self) -> Self:
        """By when they were begun."""
        return self.order_by("-created_at", "-pk")


class Draft(models.Model):
    """Takes of one piece, each heard, continued, published or thrown away by itself.

    Attributes:
        held: the take that the listener works on; to undo is to hold an earlier one.
    """

    listener = models.ForeignKey(
        Listener, null=True, blank=True, on_delete=models.SET_NULL, related_name="drafts"
    )
    held = models.ForeignKey(
        "generator.ComposeRequest", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DraftQuerySet.as_manager()

    if TYPE_CHECKING:
        takes: "models.Manager[ComposeRequest]"

    def __str__(self) -> str:
        return f"draft {self.pk}"

    def get_absolute_url(self) -> str:
        """The page on which it is worked on."""
        return reverse("generator:draft", args=[self.pk])
