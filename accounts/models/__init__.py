"""Users and listeners."""

from accounts.models.listener import Listener
from accounts.models.user import User

__all__ = ["Listener", "User"]
