"""Every write to users and listeners."""

from accounts.services.listener import listener_ensure, listener_join_user
from accounts.services.user import demo_researcher_ensure, user_grant_role, user_revoke_role

__all__ = [
    "demo_researcher_ensure",
    "listener_ensure",
    "listener_join_user",
    "user_grant_role",
    "user_revoke_role",
]
