"""The generator app: songs are asked for, composed, rendered to sound, heard and downloaded."""

from django.apps import AppConfig


class GeneratorConfig(AppConfig):
    """Songs, what was asked of the networks, and the sound files that come of it."""

    name = "generator"

    def ready(self) -> None:
        """Connect what a worker does before its first job, and say what moderators may take down."""
        from generator import moderation, receivers  # noqa: F401  # connecting is their import's effect
