"""Signing in keeps what was done before it."""

import uuid
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.middleware import ListenerOfRequest
from accounts.models import User
from accounts.services import listener_join_user


@receiver(user_logged_in)
def join_listener(sender: object, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    """The anonymous listener of this browser becomes the user's."""
    listener: ListenerOfRequest | None = getattr(request, "listener", None)
    cookie_id: uuid.UUID | None = listener.cookie_id if listener else None
    if cookie_id is not None:
        listener_join_user(listener_id=cookie_id, user=user)
