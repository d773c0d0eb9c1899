"""Tokens are made, shown once, used and revoked."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import ApiToken, Scope, User

PREFIX: Final = "mg_"  # so that a token that leaks is recognised
HINT_LENGTH: Final = 9
TOKENS_EACH: Final = 50  # usable ones of one user
USED_EVERY: Final = timedelta(minutes=1)  # a write for every request would cost more than it tells


class ApiTokenError(ValueError):
    """A token that cannot be made; the message says why."""


@transaction.atomic
def api_token_create(
    *, user: User, name: str, scopes: Sequence[str], expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """Make a token.

    Returns:
        The row, and the token's words: they can never be read again.

    Raises:
        ApiTokenError: no name, an unknown scope, none at all, or too many tokens.
    """
    if not name.strip():
        raise ApiTokenError(_("Give the token a name by which you will know it."))
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown or not scopes:
        raise ApiTokenError(
            _("Choose what the token may be used for: %(scopes)s.") % {"scopes": ", ".join(Scope.values)}
        )
    User.objects.select_for_update().get(pk=user.pk)
    if ApiToken.objects.usable().filter(user=user).count() >= TOKENS_EACH:
        raise ApiTokenError(
            _("You have %(count)s tokens. Revoke one that is no longer used.") % {"count": TOKENS_EACH}
        )
    words = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken.objects.create(
        user=user,
        name=name.strip(),
        sha256=digest_of_token(words),
        hint=words[:HINT_LENGTH],
        scopes=[scope for scope in Scope.values if scope in scopes],
        expires_at=expires_at,
    )
    return row, words


def api_token_revoke(*, token: ApiToken) -> None:
    """It lets nobody in from now on."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())


def api_token_use(*, words: str) -> ApiToken | None:
    """The usable token of these words, marked as used; None if there is none."""
    token = ApiToken.objects.usable().select_related("user").filter(sha256=digest_of_token(words)).first()
    now = timezone.now()
    if token is not None and (token.used_at is None or now - token.used_at > USED_EVERY):
        ApiToken.objects.filter(pk=token.pk).update(used_at=now)
    return token


def digest_of_token(words: str) -> str:
    """What is kept of a token: it is long and random, so a plain digest cannot be guessed from."""
    return hashlib.sha256(words.encode()).hexdigest()
