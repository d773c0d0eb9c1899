"""Roles given and taken, and the sign-in that a development machine starts with."""

from typing import Final

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction

from accounts.models import User
from accounts.roles import RESEARCHER, ROLES

DEMO_EMAIL: Final = "researcher@example.org"
DEMO_PASSWORD: Final = "let-me-train-networks"  # noqa: S105  # printed on start, in development only


class UnknownRoleError(ValueError):
    """A role was named that this site does not have."""


def _group(role: str) -> Group:
    if role not in ROLES:
        raise UnknownRoleError(f"There is no role {role!r}; the roles are {', '.join(ROLES)}.")
    return Group.objects.get_or_create(name=role)[0]


@transaction.atomic
def user_grant_role(*, user: User, role: str) -> None:
    """The user holds the role from now on."""
    user.groups.add(_group(role))


@transaction.atomic
def user_revoke_role(*, user: User, role: str) -> None:
    """The user holds the role no longer."""
    user.groups.remove(_group(role))


def user_set_active(*, user: User, is_active: bool) -> bool:
    """Let a user in, or shut them out with all their tokens. Returns whether that is a change."""
    return bool(User.objects.filter(pk=user.pk).exclude(is_active=is_active).update(is_active=is_active))


@transaction.atomic
def demo_researcher_ensure() -> tuple[str, str]:
    """The ready sign-in of a development machine.

    Returns:
        The e-mail address and password to print.

    Raises:
        RuntimeError: outside development, where a known password would be an open door.
    """
    if not settings.DEVELOPMENT:
        raise RuntimeError("The ready sign-in exists in development only.")
    user = User.objects.filter(email=DEMO_EMAIL).first()
    if user is None:
        user = User.objects.create_user(DEMO_EMAIL, DEMO_PASSWORD)
    user_grant_role(user=user, role=RESEARCHER)
    return DEMO_EMAIL, DEMO_PASSWORD
