"""Users, listeners, and the tokens of their programs."""

from accounts.models.api_token import ApiToken, Scope
from accounts.models.kept_answer import KeptAnswer
from accounts.models.listener import Listener
from accounts.models.user import User

__all__ = ["ApiToken", "KeptAnswer", "Listener", "Scope", "User"]
