"""A listener: one browser, with or without an account behind it."""

import uuid

from django.conf import settings
from django.db import models


class Listener(models.Model):
    """Somebody who listens. Anonymous until they sign in; one listener a user.

    The browser holds the id in a signed cookie; no address or name is kept here.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="listener"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"listener {str(self.id)[:8]}"
