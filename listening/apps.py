"""The listening app: what listeners say of songs."""

from django.apps import AppConfig


class ListeningConfig(AppConfig):
    """Ratings of songs by listeners, with or without an account."""

    name = "listening"

    def ready(self) -> None:
        """Connect what must happen when a listener signs in."""
        from listening import receivers  # noqa: F401  # connecting is its import's effect
