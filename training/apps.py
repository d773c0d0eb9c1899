"""The training app: datasets, runs and checkpoints, and the work that queues do."""

from django.apps import AppConfig


class TrainingConfig(AppConfig):
    """Datasets are uploaded, networks are trained on them, checkpoints come of it."""

    name = "training"

    def ready(self) -> None:
        """Say what moderators may take down."""
        from training import moderation  # noqa: F401  # saying so is its import's effect
