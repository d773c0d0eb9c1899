"""What happens to answers when a listener signs in, and what is looked after now and then."""

from typing import Any

from django.dispatch import receiver

from accounts.models import Listener
from accounts.signals import listener_merged
from listening.services import ratings_merge
from listening.services.chores import chores_look
from listening.services.privacy import listening_merge
from training.signals import time_passed


@receiver(listener_merged)
def keep_ratings(sender: object, source: Listener, target: Listener, **kwargs: Any) -> None:
    """The anonymous listener's ratings and answers become the user's."""
    ratings_merge(source=source, target=target)
    listening_merge(source=source, target=target)


@receiver(time_passed)
def look_after_tests(sender: object, **kwargs: Any) -> None:
    """Ask for excerpts, anchors and leaderboards that are due."""
    chores_look()
