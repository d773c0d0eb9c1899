"""Every write to users, listeners and tokens."""

from accounts.services.api_token import ApiTokenError, api_token_create, api_token_revoke, api_token_use
from accounts.services.kept_answer import (
    Begun,
    KeyInUseError,
    KeyReusedError,
    Known,
    kept_answer_begin,
    kept_answer_end,
    kept_answer_forget,
)
from accounts.services.listener import listener_ensure, listener_join_user
from accounts.services.moderation import FlagLimitError, audit_record, flag_raise, flags_settle
from accounts.services.user import demo_researcher_ensure, user_grant_role, user_revoke_role

__all__ = [
    "ApiTokenError",
    "Begun",
    "FlagLimitError",
    "KeyInUseError",
    "KeyReusedError",
    "Known",
    "api_token_create",
    "api_token_revoke",
    "api_token_use",
    "audit_record",
    "demo_researcher_ensure",
    "flag_raise",
    "flags_settle",
    "kept_answer_begin",
    "kept_answer_end",
    "kept_answer_forget",
    "listener_ensure",
    "listener_join_user",
    "user_grant_role",
    "user_revoke_role",
]
