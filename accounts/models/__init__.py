"""Users, listeners, the tokens of their programs, their complaints, and what moderators did."""

from accounts.models.api_token import ApiToken, Scope
from accounts.models.flag import AuditEntry, Flag, FlagOutcome, FlagReason
from accounts.models.kept_answer import KeptAnswer
from accounts.models.listener import Listener
from accounts.models.quota import Quota
from accounts.models.user import User

__all__ = [
    "ApiToken",
    "AuditEntry",
    "Flag",
    "FlagOutcome",
    "FlagReason",
    "KeptAnswer",
    "Listener",
    "Quota",
    "Scope",
    "User",
]
