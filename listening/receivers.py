"""What happens to ratings when a listener signs in."""

from typing import Any

from django.dispatch import receiver

from accounts.models import Listener
from accounts.signals import listener_merged
from listening.services import ratings_merge


@receiver(listener_merged)
def keep_ratings(sender: object, source: Listener, target: Listener, **kwargs: Any) -> None:
    """The anonymous listener's ratings become the user's."""
    ratings_merge(source=source, target=target)
