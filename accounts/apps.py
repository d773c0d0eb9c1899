"""The accounts app: who is here, and what they may do."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, their roles, and the listeners that even a visitor without an account is."""

    name = "accounts"

    def ready(self) -> None:
        """Connect what must happen when somebody signs in."""
        from accounts import receivers  # noqa: F401  # connecting is its import's effect
